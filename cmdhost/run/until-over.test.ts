import { describe, expect, it } from '@jest/globals';
import { untilOver } from './until-over.ts';

const AT_ONCE = { killAgainMs: 0, giveUpMs: 0 };
const NEVER = { killAgainMs: 2 ** 30, giveUpMs: 2 ** 30 };

describe('the end of what a stopped attempt waits for', () => {
  const stopped = AbortSignal.abort(new Error('cancelled'));
  const waitFor = async (work: Promise<string>, signal = stopped, limits = AT_ONCE) => {
    const said: string[] = [];
    const end = await untilOver(work, {
      signal,
      limits,
      kill: () => said.push('kill'),
      onLate: (consequence) => said.push(consequence),
    }).catch(String);
    return { end, said };
  };

  it('is its own while nobody stops it', async () => {
    const { signal } = new AbortController();
    expect(await waitFor(Promise.resolve('done'), signal)).toEqual({ end: 'done', said: [] });
  });

  it('comes by one kill when that works', async () => {
    const work = Promise.withResolvers<string>();
    const stop = new AbortController();
    const waiting = waitFor(work.promise, stop.signal, NEVER);
    stop.abort();
    work.resolve('killed');
    expect(await waiting).toEqual({ end: 'killed', said: ['kill'] });
  });

  it('is not waited for when two kills do nothing: the reason of the stop is thrown', async () => {
    expect(await waitFor(new Promise<never>(() => undefined))).toEqual({
      end: 'Error: cancelled',
      said: ['kill', 'killed-again', 'kill', 'given-up'],
    });
  });
});
