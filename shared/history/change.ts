import type { Principal } from '../auth/index.ts';
import type { Change } from './record.ts';

const MAX_NAME_LENGTH = 200;

export interface CallFacts {
  readonly at: Date;
  readonly traceId?: string | undefined;
  readonly comment?: string | undefined;
}

/** The change a caller makes: known by the name in the token, in the trace of the call. */
export function changeBy(principal: Principal, { at, traceId, comment }: CallFacts): Change {
  return {
    by: principal.name.slice(0, MAX_NAME_LENGTH),
    kind: principal.kind,
    at: at.toISOString(),
    ...(comment === undefined ? {} : { comment }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}
