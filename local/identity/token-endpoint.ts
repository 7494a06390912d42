import { z } from 'zod';
import { ROLES, type Role } from '../../shared/auth/roles.ts';
import { signAccessToken, type TokenIssuer, type TokenSubject } from './access-token.ts';
import { ASSERTION_TYPE, createAssertionCheck } from './client-assertion.ts';
import type { Client } from './clients.ts';
import { OAuthError } from './errors.ts';

/** Life of an application's token; Entra gives 60 to 90 minutes. */
const DEFAULT_LIFETIME_SECONDS = 3600;
const MAX_LIFETIME_SECONDS = 86_400;

/** The successful answer, RFC 6749 section 5.1. `expires_in` in seconds. */
export interface TokenAnswer {
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly access_token: string;
}

export interface TokenEndpointOptions extends TokenIssuer {
  readonly tokenEndpoint: string;
  readonly findClient: (clientId: string) => Promise<Client | undefined>;
}

const PARAMETERS = [
  'grant_type',
  'scope',
  'client_id',
  'client_assertion_type',
  'client_assertion',
  'roles',
  'name',
  'lifetime_seconds',
] as const;

/** What a client for people adds to the standard parameters. */
const personSchema = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(128)
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f]+$/),
  lifetime_seconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIFETIME_SECONDS)
    .default(DEFAULT_LIFETIME_SECONDS),
});

/**
 * The client-credentials grant (RFC 6749 section 4.4) with `private_key_jwt`. A client for people also sends `roles` (by commas),
 * `name` and maybe `lifetime_seconds`; nobody else may.
 * @returns a function from the form to the answer; it throws `OAuthError`
 */
export function createTokenEndpoint(
  options: TokenEndpointOptions,
): (form: URLSearchParams) => Promise<TokenAnswer> {
  const checkAssertion = createAssertionCheck({
    audiences: [options.tokenEndpoint, options.issuer],
    findClient: options.findClient,
    now: options.now,
  });

  return async (form) => {
    refuseRepeated(form);
    if (required(form, 'grant_type') !== 'client_credentials')
      throw new OAuthError('unsupported_grant_type', 'the only grant_type here is client_credentials');
    if (form.get('client_assertion_type') !== ASSERTION_TYPE)
      throw new OAuthError(
        'invalid_client',
        `clients prove themselves by client_assertion_type ${ASSERTION_TYPE}`,
      );
    const client = await checkAssertion(required(form, 'client_assertion'));
    const claimedId = form.get('client_id');
    if (claimedId !== null && claimedId !== client.clientId)
      throw new OAuthError('invalid_client', 'client_id is another one than the assertion names');
    const audience = [options.audience, options.issuer].find(
      (resource) => required(form, 'scope') === `${resource}/.default`,
    );
    if (!audience)
      throw new OAuthError(
        'invalid_scope',
        `the scopes here are ${options.audience}/.default and, for Graph, ${options.issuer}/.default`,
      );
    const subject = subjectOf(client, form);
    return {
      token_type: 'Bearer',
      expires_in: subject.lifetimeSeconds,
      access_token: await signAccessToken({ ...options, audience }, subject),
    };
  };
}

function subjectOf(client: Client, form: URLSearchParams): TokenSubject {
  const { clientId, grants } = client;
  if (grants.kind === 'people') return personOf(clientId, form);
  if (['roles', 'name', 'lifetime_seconds'].some((parameter) => form.has(parameter)))
    throw new OAuthError(
      'unauthorized_client',
      `${clientId} may only have a token of its own, with its own roles`,
    );
  return {
    subject: clientId,
    name: clientId,
    clientId,
    roles: grants.roles,
    lifetimeSeconds: DEFAULT_LIFETIME_SECONDS,
  };
}

function personOf(clientId: string, form: URLSearchParams): TokenSubject {
  const asked = required(form, 'roles').split(',');
  const unknown = asked.filter((role) => !isRole(role));
  if (unknown.length > 0)
    throw new OAuthError(
      'invalid_request',
      `unknown role ${unknown.map((role) => `"${role}"`).join(', ')}; the roles are ${ROLES.join(', ')}`,
    );
  const parsed = personSchema.safeParse({
    name: required(form, 'name'),
    lifetime_seconds: form.get('lifetime_seconds') ?? undefined,
  });
  if (!parsed.success)
    throw new OAuthError(
      'invalid_request',
      `name has 1 to 128 printable characters, lifetime_seconds is a whole number from 1 to ${MAX_LIFETIME_SECONDS}`,
    );
  const { name, lifetime_seconds: lifetimeSeconds } = parsed.data;
  return { subject: name, name, clientId, roles: [...new Set(asked.filter(isRole))], lifetimeSeconds };
}

function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}

/** RFC 6749 section 3.2: a parameter sent without a value counts as left out, and none may be sent twice. */
function refuseRepeated(form: URLSearchParams): void {
  for (const parameter of PARAMETERS)
    if (form.getAll(parameter).length > 1)
      throw new OAuthError('invalid_request', `${parameter} is given more than once`);
}

function required(form: URLSearchParams, parameter: (typeof PARAMETERS)[number]): string {
  const value = form.get(parameter);
  if (!value) throw new OAuthError('invalid_request', `${parameter} is missing`);
  return value;
}
