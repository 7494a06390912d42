import { describe, expect, it } from '@jest/globals';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { inSpan, startTelemetry } from '../telemetry/index.ts';
import { DatabaseUnavailableError } from './errors.ts';
import { TRANSACTION_RETRY, backoffCeilingMs, retryTransient } from './retry.ts';

const deadlock = Object.assign(new Error('deadlock'), { number: 1205 });

/** Fails `times` times, then gives its number of calls. */
function failing(times: number, error: unknown = deadlock) {
  let calls = 0;
  return async (): Promise<number> => {
    calls += 1;
    if (calls <= times) throw error;
    return calls;
  };
}

describe('retryTransient', () => {
  it('runs the whole again after a transient fault', async () => {
    expect(await retryTransient('transaction', failing(3))).toBe(4);
  });

  it('gives up after its attempts, and says that the database does not answer', async () => {
    const work = failing(Number.POSITIVE_INFINITY);
    await expect(retryTransient('transaction', work)).rejects.toThrow(DatabaseUnavailableError);
    expect(await work().catch(() => 'called')).toBe('called');
  });

  it('runs nothing again that would fail the same way', async () => {
    const wrong = Object.assign(new Error('foreign key'), { number: 547 });
    await expect(retryTransient('transaction', failing(1, wrong))).rejects.toBe(wrong);
  });

  it('leaves alone what will not pass by itself', async () => {
    const refused = new DatabaseUnavailableError(new Error('login'), { passing: false });
    await expect(retryTransient('read', failing(1, refused))).rejects.toBe(refused);
  });

  it('doubles the wait up to its ceiling', () => {
    expect([2, 3, 4, 8].map((attempt) => backoffCeilingMs(attempt))).toEqual([10, 20, 40, 400]);
    expect(TRANSACTION_RETRY.attempts).toBe(9);
  });

  it('shows each repetition on the active span', async () => {
    const exporter = new InMemorySpanExporter();
    const telemetry = await startTelemetry({
      serviceName: 'mcms-functions',
      serviceVersion: '0',
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    await inSpan('order', { operationKey: 'command.order' }, () => retryTransient('transaction', failing(2)));
    const [span] = exporter.getFinishedSpans();
    expect(span?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['db.retry', { kind: 'transaction', attempt: 1, 'error.type': '1205' }],
      ['db.retry', { kind: 'transaction', attempt: 2, 'error.type': '1205' }],
    ]);
    await telemetry.shutdown();
  });
});
