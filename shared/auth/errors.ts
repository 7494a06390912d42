import { AppError, UnavailableError } from '../errors.ts';
import type { Role } from './roles.ts';

/** No usable token: 401 with a challenge by RFC 6750 section 3 (no `error` when the request carried no token at all). */
export class UnauthenticatedError extends AppError {
  override readonly name = 'UnauthenticatedError';

  constructor(code: 'token-missing' | 'token-invalid' | 'token-expired', message: string, cause?: unknown) {
    const challenge =
      code === 'token-missing'
        ? 'Bearer realm="mcms"'
        : `Bearer realm="mcms", error="invalid_token", error_description="${message.replaceAll(/[^\x20-\x7e]|["\\]/g, ' ')}"`;
    super({ code, httpStatus: 401, message, httpHeaders: { 'WWW-Authenticate': challenge }, cause });
  }
}

/** A good token without the role: 403. */
export class ForbiddenError extends AppError {
  override readonly name = 'ForbiddenError';

  constructor(roles: readonly Role[]) {
    super({
      code: 'role-missing',
      httpStatus: 403,
      message: `This needs the role ${roles.join(' or ')}.`,
      httpHeaders: { 'WWW-Authenticate': 'Bearer realm="mcms", error="insufficient_scope"' },
    });
  }
}

/** The issuer's keys cannot be read, so no token can be judged: 503, because the token may be good. */
export class SigningKeysUnavailableError extends UnavailableError {
  constructor(cause: unknown) {
    super('The signing keys of the identity provider cannot be read just now.', {
      code: 'signing-keys-unavailable',
      cause,
    });
  }
}
