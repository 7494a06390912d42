import { randomUUID } from 'node:crypto';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { Queries } from '../../shared/data/index.ts';
import { inSpan, startTelemetry } from '../../shared/telemetry/index.ts';

export interface RetryWatch {
  /** What caused each repetition while `work` ran, as the events `db.retry` of its span tell: error numbers or codes. */
  retriesOf<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly causes: readonly unknown[] }>;
  stop(): Promise<void>;
}

export async function watchRetries(): Promise<RetryWatch> {
  const exporter = new InMemorySpanExporter();
  const telemetry = await startTelemetry({
    serviceName: 'mcms-functions',
    serviceVersion: '0',
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  return {
    async retriesOf(work) {
      exporter.reset();
      const value = await inSpan('work', {}, work);
      const span = exporter.getFinishedSpans().find(({ name }) => name === 'work');
      const events = (span?.events ?? []).filter(({ name }) => name === 'db.retry');
      return { value, causes: events.map(({ attributes }) => attributes?.['error.type']) };
    },
    stop: () => telemetry.shutdown(),
  };
}

/** An item code that no other test has. */
export function newCode(): string {
  return `FAULT-${randomUUID()}`;
}

/** Adds an item: an effect that can be counted, were it not for its unique code. `name` tells items of one test apart. */
export async function addItem(trx: Queries, name: string): Promise<void> {
  const now = new Date().toISOString();
  const [createdBy, changedBy] = ['faults@mcms.local', 'faults@mcms.local'];
  await trx
    .insertInto('Item')
    .values({
      itemId: randomUUID(),
      itemCode: newCode(),
      name,
      description: null,
      version: 1,
      createdAt: now,
      createdBy,
      changedAt: now,
      changedBy,
    })
    .execute();
}

/** How many items of this name there are. */
export async function countItems(queries: Queries, name: string): Promise<number> {
  const rows = await queries.selectFrom('Item').select('itemId').where('name', '=', name).execute();
  return rows.length;
}
