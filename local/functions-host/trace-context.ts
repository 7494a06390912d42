import { randomBytes } from 'node:crypto';
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
  return {
    traceParent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    traceState: '',
  };
}
