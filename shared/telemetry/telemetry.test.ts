import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  type Telemetry,
  annotate,
  createLogger,
  currentOperationKey,
  currentTraceId,
  currentTraceparent,
  inSpan,
  startTelemetry,
  withLogSink,
  withRemoteParent,
} from './index.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

const spans = new InMemorySpanExporter();
let telemetry: Telemetry;

beforeAll(async () => {
  telemetry = await startTelemetry({
    serviceName: 'mcms-cmdhost',
    serviceVersion: '1.2.3',
    spanProcessors: [new SimpleSpanProcessor(spans)],
  });
});
beforeEach(() => spans.reset());
afterAll(() => telemetry.shutdown());

function finished(name: string) {
  const span = spans.getFinishedSpans().find((one) => one.name === name);
  if (!span) throw new Error(`no span ${name}`);
  return span;
}

describe('inSpan', () => {
  it('gives spans the resource, the kind and the key of their operation', async () => {
    const options = { kind: 'consumer', operationKey: 'command.receive', attributes: { camRev: 3 } } as const;
    const result = await inSpan('receive', options, async () => {
      annotate({ itemId: 'PRT-001' });
      return await inSpan('query', {}, () => 7);
    });
    expect(result).toBe(7);
    const outer = finished('receive');
    expect(outer.kind).toBe(SpanKind.CONSUMER);
    expect(outer.attributes).toEqual({ camRev: 3, itemId: 'PRT-001', 'operation.key': 'command.receive' });
    expect(outer.resource.attributes).toMatchObject({
      'service.namespace': 'mcms',
      'service.name': 'mcms-cmdhost',
      'service.version': '1.2.3',
    });
    const inner = finished('query');
    expect(inner.attributes).toEqual({ 'operation.key': 'command.receive' });
    expect(inner.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  });

  it.each([new Error('gone'), new TypeError('wrong')])(
    'records an error and throws it on: %s',
    async (error) => {
      await expect(
        inSpan('failing', {}, () => {
          throw error;
        }),
      ).rejects.toBe(error);
      const span = finished('failing');
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: error.message });
      expect(span.events[0]?.attributes?.['exception.message']).toBe(error.message);
    },
  );

  it('takes a parent from outside in place of the active span', async () => {
    await inSpan('active', {}, () => inSpan('handed over', { parent: PARENT }, () => undefined));
    expect(finished('handed over').parentSpanContext).toMatchObject({ traceId: TRACE_ID, isRemote: true });
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`])(
    'does without the parent %j',
    async (parent) => {
      await inSpan('alone', { parent }, () => undefined);
      expect(finished('alone').parentSpanContext).toBeUndefined();
    },
  );
});

describe('trace context', () => {
  it('is known inside a span and nowhere else', async () => {
    expect([currentTraceId(), currentTraceparent(), currentOperationKey()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await inSpan('span', { operationKey: 'outbox.relay' }, async (span) => {
      const { traceId, spanId } = span.spanContext();
      await Promise.resolve();
      expect(currentTraceId()).toBe(traceId);
      expect(currentTraceparent()).toBe(`00-${traceId}-${spanId}-01`);
      expect(currentOperationKey()).toBe('outbox.relay');
    });
  });

  it('goes on where it was stored', async () => {
    await withRemoteParent(PARENT, () => inSpan('later', {}, () => undefined));
    expect(finished('later').spanContext().traceId).toBe(TRACE_ID);
    await withRemoteParent(undefined, () => inSpan('first', {}, () => undefined));
    expect(finished('first').parentSpanContext).toBeUndefined();
  });
});

describe('the logger', () => {
  function record(work: () => void): { level: string; line: Record<string, unknown> }[] {
    const written: { level: string; line: Record<string, unknown> }[] = [];
    withLogSink(
      (level, line) => written.push({ level, line: JSON.parse(line) as Record<string, unknown> }),
      work,
    );
    return written;
  }

  it('writes one JSON line with the trace it belongs to', async () => {
    const sinkLines = await inSpan('work', { operationKey: 'work.sweep' }, (span) => {
      const written = record(() => createLogger('worker').info('swept', { rows: 3 }));
      expect(written[0]?.line['span_id']).toBe(span.spanContext().spanId);
      return written;
    });
    expect(sinkLines).toEqual([
      {
        level: 'info',
        line: {
          time: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
          level: 'info',
          component: 'worker',
          message: 'swept',
          trace_id: finished('work').spanContext().traceId,
          span_id: finished('work').spanContext().spanId,
          'operation.key': 'work.sweep',
          rows: 3,
        },
      },
    ]);
  });

  it('writes errors with their causes', () => {
    const cause = Object.assign(new Error('socket closed'), { code: 'ECONNRESET' });
    const [written] = record(() =>
      createLogger('x').error('failed', { error: new Error('no answer', { cause }) }),
    );
    expect(written?.line['error']).toMatchObject({
      name: 'Error',
      message: 'no answer',
      stack: expect.stringContaining('telemetry.test.ts'),
      cause: { message: 'socket closed', code: 'ECONNRESET' },
    });
  });

  it.each(['debug', 'info', 'warn', 'error'] as const)('keeps the level %s', (level) => {
    expect(record(() => createLogger('x')[level]('m'))).toMatchObject([
      { level, line: { level, message: 'm' } },
    ]);
  });

  it('survives fields that JSON cannot hold', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(record(() => createLogger('x').warn('odd', { cycle, big: 7n }))).toMatchObject([
      { line: { message: 'odd', big: '7' } },
    ]);
  });
});
