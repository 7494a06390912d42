import type { CommandFacts, IncidentFacts, NoticeFacts, PersonFacts } from '../facts.ts';
import { plain } from './escape.ts';
import { type Label, type Language, TEXTS, type Texts, fill, firstAction } from './texts.ts';

export interface Wording {
  readonly language: Language;
  /** What links begin with; without it a message has none. */
  readonly linkBase?: string | undefined;
}

/** A message before it takes the form of a channel. Texts are plain: each channel escapes them its own way. */
export interface Message {
  readonly title: string;
  readonly tone: 'good' | 'warning' | 'attention';
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** Sentences below the facts. */
  readonly sentences: readonly string[];
  readonly link: string | undefined;
  readonly linkLabel: string;
}

const MAX_TITLE = 150;
const MAX_VALUE = 500;

/** What a notification says, in words. */
export function messageOf(facts: NoticeFacts, wording: Wording): Message {
  const texts = TEXTS[wording.language];
  return facts.about === 'command'
    ? personMessage(facts, texts, wording)
    : incidentMessage(facts, texts, wording);
}

function personMessage(facts: PersonFacts, texts: Texts, { linkBase }: Wording): Message {
  const done = facts.outcome === 'Succeeded';
  const { command } = facts;
  const next =
    command.reprocessAt === null ? texts.waitsForPerson : fill(texts.runsAgain, minute(command.reprocessAt));
  return {
    title: plain(fill(done ? texts.succeeded : texts.failed, facts.commandType, itemOf(command)), MAX_TITLE),
    tone: done ? 'good' : 'attention',
    facts: shown(texts, [
      ['command', `${facts.application} ${facts.commandType} ${command.commandId}`],
      ['item', itemOf(command)],
      ['attempts', String(command.attempts)],
      ['workstation', facts.workstation],
      ['error', errorOf(facts)],
    ]),
    sentences: done
      ? [texts.done]
      : [fill(texts.whatToDo, firstAction(texts, 'command-failure', facts.errorCode)), next],
    link: linkBase && `${linkBase}/commands/${command.commandId}`,
    linkLabel: texts.open,
  };
}

function incidentMessage(facts: IncidentFacts, texts: Texts, { linkBase }: Wording): Message {
  const title = titleOf(facts, texts);
  const framed = {
    opened: title,
    updated: fill(texts.updated, title),
    escalated: fill(texts.escalated, title),
  };
  const next = facts.command?.reprocessAt;
  return {
    title: plain(framed[facts.event], MAX_TITLE),
    tone: facts.severity === 'high' ? 'attention' : 'warning',
    facts: shown(texts, incidentEntries(facts)),
    sentences: [
      fill(texts.whatToDo, firstAction(texts, facts.kind, facts.errorCode)),
      ...(next ? [fill(texts.runsAgain, minute(next))] : []),
    ],
    link: linkBase && `${linkBase}/incidents/${facts.incidentId}`,
    linkLabel: texts.open,
  };
}

function titleOf(facts: IncidentFacts, texts: Texts): string {
  const pattern = texts.kinds[facts.kind];
  const work = `${facts.application ?? ''} ${facts.commandType ?? ''}`.trim();
  switch (facts.kind) {
    case 'command-failure':
      return fill(pattern, work, facts.errorCode ?? '?');
    case 'queue-wait':
      return fill(pattern, work);
    case 'dead-letters':
      return fill(pattern, facts.queue ?? '?');
    case 'workstation-lost':
    case 'certificate-expiring':
      return fill(pattern, facts.workstation ?? '?');
  }
}

type Entry = readonly [label: Label, value: string | null];

function incidentEntries(facts: IncidentFacts): Entry[] {
  const { command } = facts;
  const common: Entry[] = [
    ['workstation', facts.workstation],
    ['queue', facts.queue],
    ['since', minute(facts.openedAt)],
    ['last', facts.event === 'opened' ? null : minute(facts.lastAt)],
    ['incident', facts.incidentId],
  ];
  switch (facts.kind) {
    case 'command-failure':
      return [
        [
          'command',
          command && `${facts.application ?? ''} ${facts.commandType ?? ''} ${command.commandId}`.trim(),
        ],
        ['item', command && itemOf(command)],
        ['orderedBy', command?.requestedBy ?? null],
        ['attempts', command && String(command.attempts)],
        ['error', errorOf(facts)],
        ['occurrences', String(facts.occurrences)],
        ...common,
      ];
    case 'queue-wait':
      return [['waitReason', facts.errorMessage], ...common];
    case 'dead-letters':
      return [['messages', String(facts.occurrences)], ['error', facts.errorMessage], ...common];
    case 'workstation-lost':
      return [['last', facts.errorMessage], ...common.filter(([label]) => label !== 'last')];
    case 'certificate-expiring':
      return [['expires', facts.errorMessage], ...common];
  }
}

function shown(texts: Texts, entries: readonly Entry[]): (readonly [string, string])[] {
  return entries.flatMap(([label, value]) =>
    value === null || value === '' ? [] : [[texts.labels[label], plain(value, MAX_VALUE)] as const],
  );
}

function itemOf({ itemCode, revisionCode }: CommandFacts): string {
  return `${itemCode} ${revisionCode}`;
}

function errorOf(facts: {
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}): string | null {
  return facts.errorCode === null ? null : `${facts.errorCode}: ${facts.errorMessage ?? ''}`;
}

/** To the minute, as UTC: recipients may sit in any time zone. */
function minute(instant: string): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}
