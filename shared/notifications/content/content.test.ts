import { describe, expect, it } from '@jest/globals';
import type { IncidentKind } from '../contracts.ts';
import { incidentKinds } from '../contracts.ts';
import type { IncidentFacts, PersonFacts } from '../facts.ts';
import { cardOf } from './card.ts';
import { mailOf } from './mail.ts';
import { smsOf } from './sms.ts';
import { TEXTS, firstAction, knownErrors } from './texts.ts';

const COMMAND = {
  commandId: '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11',
  run: 1,
  itemCode: 'P-100',
  revisionCode: 'B',
  requestedBy: 'kim',
  attempts: 4,
  reprocessAt: '2030-01-01T00:10:00.000Z',
};
const FAILED: PersonFacts = {
  schemaVersion: 1,
  about: 'command',
  command: COMMAND,
  application: 'esprit',
  commandType: 'GenerateNcProgram',
  outcome: 'Failed',
  workstation: 'WS-01',
  errorCode: 'ESPRIT_LICENCE_BUSY',
  errorMessage: 'no seat',
  at: '2030-01-01T00:00:00.000Z',
};
const OPENED: IncidentFacts = {
  schemaVersion: 1,
  about: 'incident',
  event: 'opened',
  incidentId: '00000000-0000-4000-8000-000000000001',
  kind: 'command-failure',
  severity: 'medium',
  occurrences: 1,
  application: 'esprit',
  commandType: 'GenerateNcProgram',
  workstation: 'WS-01',
  queue: null,
  errorCode: 'ESPRIT_LICENCE_BUSY',
  errorMessage: 'no seat',
  openedAt: '2030-01-01T00:00:00.000Z',
  lastAt: '2030-01-01T00:00:00.000Z',
  command: COMMAND,
};
const EN = { language: 'en', linkBase: 'https://mcms.example' } as const;
const KO = { language: 'ko', linkBase: 'https://mcms.example' } as const;

describe('a card for Teams', () => {
  it('tells command, item, attempts, last error, what to do, and links', () => {
    expect(cardOf(OPENED, EN)).toEqual({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            fallbackText: 'esprit GenerateNcProgram failed: ESPRIT_LICENCE_BUSY',
            msteams: { width: 'Full' },
            body: [
              {
                type: 'TextBlock',
                text: 'esprit GenerateNcProgram failed: ESPRIT_LICENCE_BUSY',
                size: 'Medium',
                weight: 'Bolder',
                color: 'warning',
                wrap: true,
              },
              {
                type: 'FactSet',
                facts: [
                  { title: 'Command', value: `esprit GenerateNcProgram ${COMMAND.commandId}` },
                  { title: 'Item', value: 'P-100 B' },
                  { title: 'Ordered by', value: 'kim' },
                  { title: 'Attempts', value: '4' },
                  { title: 'Last error', value: 'ESPRIT_LICENCE_BUSY: no seat' },
                  { title: 'Failed runs', value: '1' },
                  { title: 'Workstation', value: 'WS-01' },
                  { title: 'Since', value: '2030-01-01 00:00 UTC' },
                  { title: 'Incident', value: OPENED.incidentId },
                ],
              },
              {
                type: 'TextBlock',
                text: 'What to do: No ESPRIT licence was free: end idle ESPRIT sessions, then retry it.',
                wrap: true,
              },
              {
                type: 'TextBlock',
                text: 'MCMS runs it once more by itself at 2030-01-01 00:10 UTC.',
                wrap: true,
              },
            ],
            actions: [
              {
                type: 'Action.OpenUrl',
                title: 'Open',
                url: `https://mcms.example/incidents/${OPENED.incidentId}`,
              },
            ],
          },
        },
      ],
    });
  });

  it('gives no text of people the power of Markdown', () => {
    const hostile = '[click](https://evil.example) **now** {{DATE(2030-01-01)}} `x` <at>all</at> _me_';
    const card = JSON.stringify(cardOf({ ...OPENED, errorMessage: hostile }, EN));
    expect(card).not.toMatch(/\[click|\]\(|https:\/\/evil|\*\*|\{\{|`|<at>|_me_/);
    expect(card).toContain('evil.example');
    expect(card).toContain('ESPRIT_LICENCE_BUSY');
  });

  it.each(['{{DATE(2017-02-14T06:00Z, SHORT)}}', '{{{DATE(2017-02-14T06:00Z, SHORT)}}}', '{{{{x}}}}'])(
    'has no function of Teams evaluated in %s',
    (errorMessage) => {
      expect(JSON.stringify(cardOf({ ...OPENED, errorMessage }, EN))).not.toContain('{{');
    },
  );

  it('stays below the 28 KB of Teams, whatever the texts are', () => {
    const long = '가'.repeat(100_000);
    const facts = { ...OPENED, errorMessage: long, application: long, commandType: long, workstation: long };
    expect(Buffer.byteLength(JSON.stringify(cardOf(facts, EN)))).toBeLessThan(28 * 1024);
  });
});

describe('a mail', () => {
  it('tells the person in Korean what failed and what comes next', () => {
    expect(mailOf(FAILED, KO)).toEqual({
      subject: '[MCMS] P-100 B의 GenerateNcProgram 작업이 실패했습니다',
      plainText: [
        'P-100 B의 GenerateNcProgram 작업이 실패했습니다',
        '',
        `명령: esprit GenerateNcProgram ${COMMAND.commandId}`,
        '품목: P-100 B',
        '시도 횟수: 4',
        '워크스테이션: WS-01',
        '마지막 오류: ESPRIT_LICENCE_BUSY: no seat',
        '',
        '조치: 사용 가능한 ESPRIT 라이선스가 없습니다. 쓰지 않는 ESPRIT 세션을 종료한 뒤 재시도하십시오.',
        'MCMS가 2030-01-01 00:10 UTC에 한 번 더 자동으로 실행합니다.',
        '',
        `https://mcms.example/commands/${COMMAND.commandId}`,
        '',
      ].join('\n'),
      html: expect.stringContaining('<html lang="ko">'),
    });
  });

  it.each([
    [EN, 'MCMS does not run it again by itself: have an operator retry it, or order it anew.', /cancel/i],
    [
      KO,
      'MCMS가 더 이상 자동으로 실행하지 않습니다. 운영자에게 재시도를 부탁하거나 명령을 새로 요청하십시오.',
      /취소/,
    ],
  ])('says in language %# what a person can do of a failed command when no further run comes', (...given) => {
    const [wording, sentence, impossible] = given;
    const { plainText } = mailOf({ ...FAILED, command: { ...COMMAND, reprocessAt: null } }, wording);
    expect(plainText).toContain(sentence);
    expect(plainText).not.toMatch(impossible);
  });

  it.each([
    [EN, 'The files it made, if any, are attached to the routing.'],
    [KO, '생성된 파일이 있으면 라우팅에 첨부되어 있습니다.'],
  ])('promises in language %# no files of a command that makes none', (wording, sentence) => {
    const done = {
      commandType: 'Simulate',
      outcome: 'Succeeded',
      errorCode: null,
      errorMessage: null,
    } as const;
    expect(mailOf({ ...FAILED, ...done }, wording).plainText).toContain(sentence);
  });

  it('tells of a success without an error', () => {
    const facts = { ...FAILED, outcome: 'Succeeded', errorCode: null, errorMessage: null } as const;
    const { subject, plainText } = mailOf(facts, EN);
    expect(subject).toBe('[MCMS] GenerateNcProgram of P-100 B is done');
    expect(plainText).not.toContain('error');
  });

  it('shows hostile text as text, on one line', () => {
    const { html, subject, plainText } = mailOf(
      {
        ...FAILED,
        commandType: 'X\r\nBcc: all@shop.example',
        errorMessage: '<script>alert("1")</script>\u202E\u0000\nnext',
      },
      EN,
    );
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; next');
    expect(subject).toBe('[MCMS] X Bcc: all@shop.example of P-100 B failed');
    expect(plainText).toContain('ESPRIT_LICENCE_BUSY: <script>alert("1")</script> next\n');
  });
});

describe('a short message', () => {
  it('fits two messages of the Korean alphabet, the link whole or not at all', () => {
    expect(smsOf({ ...OPENED, event: 'escalated' }, EN)).toBe(
      'MCMS: Nobody has taken care of it: esprit GenerateNcProgram failed: ESPRIT_LICENCE_BUSY',
    );
    expect(smsOf({ ...OPENED, kind: 'workstation-lost', event: 'escalated' }, KO)).toBe(
      `MCMS: 아직 담당자가 없습니다: 워크스테이션 WS-01의 연락이 끊겼습니다 https://mcms.example/incidents/${OPENED.incidentId}`,
    );
  });
});

describe('every kind of incident, in each language', () => {
  const subjects: Readonly<Record<IncidentKind, Partial<IncidentFacts>>> = {
    'command-failure': {},
    'workstation-lost': { errorMessage: '2030-01-01T00:00:00.000Z', command: null },
    'queue-wait': { errorMessage: 'no seat free', command: null },
    'dead-letters': { queue: 'esprit-commands', occurrences: 3, command: null },
    'certificate-expiring': { errorMessage: '2030-02-01T00:00:00.000Z', command: null },
  };
  it.each(incidentKinds.flatMap((kind) => [[kind, 'en'] as const, [kind, 'ko'] as const]))(
    '%s in %s fills every place and says what to do first',
    (kind, language) => {
      const facts = { ...OPENED, ...subjects[kind], kind };
      const { subject, plainText } = mailOf(facts, { language });
      expect(`${subject}${plainText}`).not.toMatch(/\{\d\}|undefined|null|\?/);
      expect(plainText).toContain(firstAction(TEXTS[language], kind, facts.errorCode));
    },
  );

  it.each(knownErrors)('%s has a first action of its own', (code) => {
    for (const texts of [TEXTS.en, TEXTS.ko])
      expect(firstAction(texts, 'command-failure', code)).not.toBe(texts.actions['command-failure']);
  });
});
