import { describe, expect, it } from '@jest/globals';
import { withLogSink } from '../../telemetry/logger.ts';
import { DatabaseUnavailableError } from '../errors.ts';
import type { Queries } from '../index.ts';
import { Replica } from './replica.ts';

const primary = { name: 'primary' } as unknown as Queries;
const secondary = { name: 'replica' } as unknown as Queries;
const nameOf = (queries: Queries): string => Reflect.get(queries, 'name') as string;

describe('reads that may be some seconds old', () => {
  it('come from the replica', async () => {
    expect(await new Replica(primary, secondary).run(async (queries) => nameOf(queries))).toBe('replica');
  });

  it('come from the primary where there is no replica', async () => {
    expect(await new Replica(primary, undefined).run(async (queries) => nameOf(queries))).toBe('primary');
  });

  it('come from the primary while the replica does not answer, which is asked again after half a minute', async () => {
    let nowMs = 0;
    let away = true;
    const asked: string[] = [];
    const logged: string[] = [];
    const replica = new Replica(primary, secondary, () => nowMs);
    const read = () =>
      withLogSink(
        (level) => logged.push(level),
        () =>
          replica.run(async (queries) => {
            asked.push(nameOf(queries));
            if (away && queries === secondary) throw new DatabaseUnavailableError(new Error('away'));
            return nameOf(queries);
          }),
      );
    expect(await read()).toBe('primary');
    expect(await read()).toBe('primary');
    expect(asked).toEqual(['replica', 'primary', 'primary']);
    expect(logged).toEqual(['warn']);
    away = false;
    nowMs = 30_000;
    expect(await read()).toBe('replica');
  });

  it('fail where the query is wrong: the primary would say the same', async () => {
    const wrong = new Error('invalid column');
    await expect(new Replica(primary, secondary).run(() => Promise.reject(wrong))).rejects.toBe(wrong);
  });
});
