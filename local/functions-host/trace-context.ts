import { randomUUID } from 'node:crypto';
import type core from './functions-core.cjs';

const TRACE_PARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The trace context of an invocation: the caller's if it is valid, else a new one, marked as sampled so that
 * parent-based samplers keep it (W3C Trace Context, level 1).
 */
export function traceContextOf(traceParent: unknown, traceState?: unknown): core.TraceContext {
  if (typeof traceParent === 'string' && TRACE_PARENT.test(traceParent)) {
    return { traceParent, traceState: typeof traceState === 'string' ? traceState : '' };
  }
  // UUIDs come from a pool of random bytes: an order of magnitude cheaper per request than asking for bytes each time.
  const traceId = randomUUID().replaceAll('-', '');
  const spanId = randomUUID().replaceAll('-', '').slice(16);
  return { traceParent: `00-${traceId}-${spanId}-01`, traceState: '' };
}
