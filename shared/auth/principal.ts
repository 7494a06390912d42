import type { Role } from './roles.ts';

/** Who calls, as far as a checked token says. */
export interface Principal {
  /** Stable id of the caller: the directory's object id, else the token's subject. */
  readonly subject: string;
  /** For people to read: user name, display name or application id. */
  readonly name: string;
  /** Granted roles together with those they include. */
  readonly roles: ReadonlySet<Role>;
  readonly kind: 'user' | 'workstation' | 'service';
}

/** True when the caller holds one of the roles. */
export function hasAnyRole(principal: Principal, roles: readonly Role[]): boolean {
  return roles.some((role) => principal.roles.has(role));
}

/** Turns the value of an `Authorization` header into a principal, or throws an `AppError`: 401, or 503 when it cannot tell. */
export interface Authenticator {
  authenticate(authorization: string | undefined): Promise<Principal>;
}
