import { describe, expect, it } from '@jest/globals';
import { loadQueues, parseQueues } from './config.ts';
import { parseDurationMs } from './duration.ts';

describe('durations', () => {
  it.each([
    ['PT1M', 60_000],
    ['PT0.5S', 500],
    ['P14D', 1_209_600_000],
    ['P1DT2H3M4S', 93_784_000],
    ['P10675199DT2H48M5.4775807S', 922_337_203_685_478],
  ])('reads %s', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it.each(['', 'P', 'PT', 'P1DT', '1M', 'P1Y', 'P1M', 'PT-1S', 'pt1m', 'PT1M ', '60'])('refuses %j', (text) =>
    expect(parseDurationMs(text)).toBeUndefined(),
  );
});

describe('queue settings', () => {
  it('takes Azure’s defaults for what is left out', () => {
    expect(parseQueues([{ name: 'orders' }])).toEqual([
      {
        name: 'orders',
        lockDurationMs: 60_000,
        maxDeliveryCount: 10,
        duplicateWindowMs: undefined,
        defaultTimeToLiveMs: undefined,
        deadLetterOnExpiry: false,
      },
    ]);
  });

  it('reads Azure’s longest time to live as none', () => {
    const [queue] = parseQueues([{ name: 'q', defaultMessageTimeToLive: 'P10675199DT2H48M5.4775807S' }]);
    expect(queue?.defaultTimeToLiveMs).toBeUndefined();
  });

  it.each([
    ['a feature that is not offered', [{ name: 'q', requiresSession: true }], /requiresSession/],
    ['a duration of another form', [{ name: 'q', lockDuration: '1m' }], /"1m" is not an ISO 8601 duration/],
    ['a lock that Azure does not allow', [{ name: 'q', lockDuration: 'PT6M' }], /at most PT5M/],
    ['an empty duration', [{ name: 'q', lockDuration: 'PT0S' }], /not an ISO 8601 duration/],
    ['two queues of one name', [{ name: 'q' }, { name: 'Q' }], /queue "Q" stands twice/],
    ['a name that Azure does not allow', [{ name: '/q' }], /name/],
    ['something else', { name: 'q' }, /array/],
  ])('refuses %s', (_what, settings, message) => expect(() => parseQueues(settings)).toThrow(message));

  it('reads the queues of the product', async () => {
    const queues = await loadQueues();
    expect(queues.map((queue) => queue.name)).toContain('esprit-commands');
  });

  it('names a file that is not there', async () => {
    await expect(loadQueues('/nowhere/queues.json')).rejects.toThrow(/^\/nowhere\/queues\.json: .*ENOENT/);
  });
});
