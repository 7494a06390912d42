import { describe, expect, it } from '@jest/globals';
import { fieldErrors } from '../../../shared/http/input.ts';
import { historyRecord } from './record.ts';

const ENTRY = {
  itemCode: 'I-1',
  changeType: 'StepChanged',
  changedAt: '2019-03-04T17:05:06.7891+09:00',
  changedBy: '김철수',
};

describe('an entry of a history file', () => {
  it('needs little; its time becomes UTC with milliseconds', () => {
    expect(historyRecord.parse(ENTRY)).toEqual({
      ...ENTRY,
      changedAt: '2019-03-04T08:05:06.789Z',
      actorKind: 'service',
    });
  });

  it.each([
    [{ itemCode: undefined }, 'itemCode'],
    [{ itemCode: 'A/B' }, 'itemCode'],
    [{ changeType: 'Repainted' }, 'changeType'],
    [{ changedAt: '2019-03-04T17:05:06' }, 'changedAt'],
    [{ changedAt: '04.03.2019' }, 'changedAt'],
    [{ changedAt: '0019-03-04T17:05:06Z' }, 'changedAt'],
    [{ actorKind: 'robot' }, 'actorKind'],
    [{ currentValue: 'x'.repeat(2001) }, 'currentValue'],
    [{ historyId: '7' }, 'historyId'],
    [{ traceId: 'ABC' }, 'traceId'],
    [{ camRev: '1b' }, 'camRev'],
    [{ camRev: 1 }, 'camRev'],
    [{ routingCode: 'R-1' }, 'revisionCode'],
    [
      { revisionCode: 'A', routingCode: 'R-1', routingId: '11111111-1111-4111-8111-111111111111' },
      'routingCode',
    ],
    [{ colour: 'red' }, 'colour'],
  ])('is refused with %j', (change, path) => {
    const result = historyRecord.safeParse({ ...ENTRY, ...change });
    expect(result.success).toBe(false);
    expect(result.error && fieldErrors(result.error).map((error) => error.path)).toEqual([path]);
  });
});
