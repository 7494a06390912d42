import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { decodeJwt, errors, importJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { objectId } from './access-token.ts';
import { type Client, findClient, keyCredentialOf, saveClient } from './clients.ts';
import { OAuthError } from './errors.ts';
import type { RsaKey } from './keys.ts';
import { readBody } from './request-body.ts';

/** Audience of a proof of possession: https://learn.microsoft.com/graph/application-rollkey-prooftoken */
const PROOF_AUDIENCE = '00000002-0000-0000-c000-000000000000';
const PROOF_MAX_SECONDS = 600;
const CLOCK_TOLERANCE_SECONDS = 5;

const addKeySchema = z.object({
  keyCredential: z.object({
    type: z.literal('AsymmetricX509Cert'),
    usage: z.literal('Verify'),
    key: z.base64(),
  }),
  passwordCredential: z.null().optional(),
  proof: z.string(),
});
const removeKeySchema = z.object({ keyId: z.uuid(), proof: z.string() });

export interface GraphOptions {
  readonly stateDir: string;
  readonly signingKey: RsaKey;
  /** Issuer and audience of the tokens taken. */
  readonly issuer: string;
  readonly now: () => Date;
}

export interface GraphAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The "Object ID" of a client's app registration, which is another one than that of its service principal. */
export function applicationObjectId(clientId: string): string {
  return objectId(`application ${clientId}`);
}

/**
 * What Microsoft Graph gives an application to roll its own certificates: `addKey` and `removeKey`, each with a proof of
 * possession, and a look at its own registration. Refusals have Graph's form.
 */
export function createGraphEndpoint(options: GraphOptions) {
  return async (request: IncomingMessage, path: string): Promise<GraphAnswer> => {
    try {
      const [, byAppId, byId, action] =
        /^\/applications(?:\(appId='([^']+)'\)|\/([^/]+))(?:\/(addKey|removeKey))?$/.exec(path) ?? [];
      const client = await caller(request, options);
      if (byAppId !== client.clientId && byId !== applicationObjectId(client.clientId))
        throw new GraphRefusal(
          403,
          'Authorization_RequestDenied',
          'Insufficient privileges to complete the operation.',
        );
      if (request.method === 'GET' && !action) return { status: 200, body: registration(client) };
      if (request.method !== 'POST' || !action)
        throw new GraphRefusal(
          405,
          'Request_BadRequest',
          'Specified HTTP method is not allowed for the request target.',
        );
      const body: unknown = JSON.parse(await readBody(request, 'application/json'));
      return await (action === 'addKey' ? addKey(client, body, options) : removeKey(client, body, options));
    } catch (error) {
      if (error instanceof GraphRefusal) return refused(error);
      if (error instanceof z.ZodError || error instanceof SyntaxError || error instanceof OAuthError)
        return refused(new GraphRefusal(400, 'Request_BadRequest', error.message));
      throw error;
    }
  };
}

async function addKey(client: Client, body: unknown, options: GraphOptions): Promise<GraphAnswer> {
  const { keyCredential, proof } = addKeySchema.parse(body);
  await requireProof(proof, client, options.now());
  const credential = keyCredentialOf(parseCertificate(keyCredential.key));
  if (client.keyCredentials.some(({ key }) => key === credential.key))
    throw new GraphRefusal(400, 'Request_BadRequest', 'A credential with this certificate already exists.');
  await saveClient(options.stateDir, {
    ...client,
    keyCredentials: [...client.keyCredentials, credential],
  });
  return { status: 200, body: { ...shown(credential), '@odata.context': '#microsoft.graph.keyCredential' } };
}

async function removeKey(client: Client, body: unknown, options: GraphOptions): Promise<GraphAnswer> {
  const { keyId, proof } = removeKeySchema.parse(body);
  await requireProof(proof, client, options.now());
  const kept = client.keyCredentials.filter((credential) => credential.keyId !== keyId);
  if (kept.length === client.keyCredentials.length)
    throw new GraphRefusal(
      400,
      'Request_BadRequest',
      `No credentials found to be removed with key id ${keyId}.`,
    );
  await saveClient(options.stateDir, { ...client, keyCredentials: kept });
  return { status: 204, body: undefined };
}

/** Who asks: an application with a token of this issuer for this issuer. */
async function caller(request: IncomingMessage, options: GraphOptions): Promise<Client> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  try {
    const key = await importJWK(options.signingKey.publicJwk, 'RS256');
    const { issuer } = options;
    const { payload } = await jwtVerify(token, key, {
      issuer,
      audience: issuer,
      currentDate: options.now(),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    const client = await findClient(options.stateDir, String(payload['azp']));
    if (client?.grants.kind === 'application') return client;
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
  }
  throw new GraphRefusal(401, 'InvalidAuthenticationToken', 'Access token validation failure.');
}

/** The proof is a JWT signed by one of the application's certificates that are valid now, good for ten minutes at most. */
async function requireProof(proof: string, client: Client, now: Date): Promise<void> {
  const valid = client.keyCredentials
    .map(({ key }) => new X509Certificate(Buffer.from(key, 'base64')))
    .filter(({ validFromDate, validToDate }) => validFromDate <= now && now <= validToDate);
  for (const { publicKey } of valid) {
    const verified = await jwtVerify(proof, publicKey, {
      algorithms: ['RS256', 'PS256'],
      audience: PROOF_AUDIENCE,
      issuer: applicationObjectId(client.clientId),
      requiredClaims: ['nbf', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
    }).catch((error: unknown) => {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    });
    if (verified && lifeSeconds(proof) <= PROOF_MAX_SECONDS) return;
  }
  throw new GraphRefusal(401, 'Authentication_MissingOrMalformed', 'Access Token missing or malformed.');
}

function lifeSeconds(proof: string): number {
  const { exp = Infinity, nbf = 0 } = decodeJwt(proof);
  return exp - nbf;
}

function parseCertificate(base64: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw new GraphRefusal(400, 'Request_BadRequest', 'Key credential must be a valid certificate.', {
      cause,
    });
  }
}

function registration(client: Client) {
  return {
    id: applicationObjectId(client.clientId),
    appId: client.clientId,
    keyCredentials: client.keyCredentials.map(shown),
  };
}

/** Graph never gives the key back. */
function shown({ key: _key, ...credential }: Client['keyCredentials'][number]) {
  return { ...credential, type: 'AsymmetricX509Cert', usage: 'Verify', key: null };
}

class GraphRefusal extends Error {
  override readonly name = 'GraphRefusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

function refused({ status, code, message }: GraphRefusal): GraphAnswer {
  return { status, body: { error: { code, message } } };
}
