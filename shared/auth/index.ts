export { ForbiddenError, SigningKeysUnavailableError, UnauthenticatedError } from './errors.ts';
export { type JwtOptions, createJwtAuthenticator } from './jwt.ts';
export { type Authenticator, type Principal, hasAnyRole } from './principal.ts';
export { ROLES, type Role } from './roles.ts';
