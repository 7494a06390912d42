import type { IncidentKind } from '../contracts.ts';
import { en } from './texts-en.ts';
import { ko } from './texts-ko.ts';

export type Language = 'en' | 'ko';

/** Error codes with a first action of their own; others get that of the kind. */
export const knownErrors = [
  'QUEUE_LIMIT',
  'INPUT_INVALID',
  'INPUT_UNAVAILABLE',
  'INPUT_CORRUPT',
  'INPUT_NAMES_CLASH',
  'PARAMETERS_INVALID',
  'ADAPTER_PROTOCOL',
  'ADAPTER_UNAVAILABLE',
  'ESPRIT_LICENCE_BUSY',
  'ESPRIT_CRASHED',
  'TIMED_OUT',
  'AGENT_LOST',
  'AGENT_CRASHED',
  'AGENT_STOPPED',
  'RUNNER_LOST',
  'JOB_UNREADABLE',
  'OUTPUT_CORRUPT',
  'OUTPUT_UPLOAD_FAILED',
  'INTERNAL',
] as const;
export type KnownError = (typeof knownErrors)[number];

/** What facts are called in a message. */
export type Label =
  | 'command'
  | 'item'
  | 'attempts'
  | 'workstation'
  | 'error'
  | 'orderedBy'
  | 'queue'
  | 'occurrences'
  | 'since'
  | 'last'
  | 'incident'
  | 'nextRun'
  | 'expires'
  | 'messages'
  | 'waitReason';

/** Every text of the notifications in one language; the type has both languages complete. `{0}` is filled in. */
export interface Texts {
  readonly succeeded: string;
  readonly failed: string;
  readonly kinds: Readonly<Record<IncidentKind, string>>;
  readonly updated: string;
  readonly escalated: string;
  readonly labels: Readonly<Record<Label, string>>;
  readonly whatToDo: string;
  readonly open: string;
  readonly runsAgain: string;
  readonly waitsForPerson: string;
  readonly done: string;
  readonly actions: Readonly<Record<IncidentKind, string>>;
  readonly errorActions: Readonly<Record<KnownError, string>>;
}

export const TEXTS: Readonly<Record<Language, Texts>> = { en, ko };

/** Fills `{0}`, `{1}`, … of a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replaceAll(/\{(\d)\}/g, (_all, index: string) => String(values[Number(index)] ?? ''));
}

/** What to do first. */
export function firstAction(texts: Texts, kind: IncidentKind, errorCode: string | null): string {
  const known = kind === 'command-failure' ? knownErrors.find((code) => code === errorCode) : undefined;
  return known ? texts.errorActions[known] : texts.actions[kind];
}
