import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  context,
  createContextKey,
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { OperationKey } from './operation-keys.ts';

export interface SpanOptions {
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Stands on the span and on every log line written inside it. Inherited when left out. */
  readonly operationKey?: OperationKey;
  readonly attributes?: Attributes;
  /** A W3C `traceparent` from outside; it replaces the active span as parent. Ignored when malformed. */
  readonly parent?: string;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;
const OPERATION_KEY = createContextKey('mcms operation.key');
const w3c = new W3CTraceContextPropagator();

/** Runs `fn` in a span of its own. An error that leaves `fn` is recorded on the span, sets its status, and is thrown on. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  fn: (span: Span) => Promise<T> | T,
): Promise<T> {
  const active = options.parent ? remoteContext(options.parent, context.active()) : context.active();
  const key = options.operationKey ?? operationKeyOf(active);
  const keyed = key ? active.setValue(OPERATION_KEY, key) : active;
  const span = trace.getTracer('mcms').startSpan(
    name,
    {
      kind: KINDS[options.kind ?? 'internal'],
      attributes: { ...options.attributes, ...(key ? { 'operation.key': key } : {}) },
    },
    keyed,
  );
  try {
    return await context.with(trace.setSpan(keyed, span), fn, undefined, span);
  } catch (error) {
    recordError(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed with the error as its event. */
export function recordError(span: Span, error: unknown): void {
  const cause = error instanceof Error ? error : new Error(String(error));
  span.recordException(cause);
  span.setStatus({ code: SpanStatusCode.ERROR, message: cause.message });
}

/** Adds attributes (`itemId`, `camRev`, …) to the active span, if there is one. */
export function annotate(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** The active span as a W3C `traceparent`, to be stored or sent; undefined outside any span. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  w3c.inject(context.active(), carrier, defaultTextMapSetter);
  return carrier['traceparent'];
}

/** The active trace's id (32 hex digits); undefined outside any span. */
export function currentTraceId(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? span.traceId : undefined;
}

/** Runs `fn` with a stored or received `traceparent` as parent of the spans it starts; without one, or a malformed one, as is. */
export function withRemoteParent<T>(traceparent: string | undefined, fn: () => T): T {
  return traceparent ? context.with(remoteContext(traceparent, context.active()), fn) : fn();
}

/** The `operation.key` in force; undefined outside any operation. */
export function currentOperationKey(): string | undefined {
  return operationKeyOf(context.active());
}

function operationKeyOf(active: Context): string | undefined {
  const key = active.getValue(OPERATION_KEY);
  return typeof key === 'string' ? key : undefined;
}

function remoteContext(traceparent: string, base: Context): Context {
  const remote = trace.getSpanContext(w3c.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter));
  return remote ? trace.setSpanContext(base, remote) : base;
}
