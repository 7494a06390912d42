import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ISSUER_PATHS, issuerAddresses } from './addresses.ts';
import { CLI_CLIENT_ID, findClient, identityPaths, registerClient } from './clients.ts';
import { OAuthError } from './errors.ts';
import { createGraphEndpoint } from './graph.ts';
import { loadOrCreateKey, type RsaKey } from './keys.ts';
import { readBody } from './request-body.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import { portTakenMessage, type RunningService } from '../child.ts';

const HOST = '127.0.0.1';

export interface IssuerOptions {
  /** 0 asks the system for a port. */
  readonly port: number;
  readonly stateDir: string;
  /** Claim `aud`; clients ask for the scope `<audience>/.default`. */
  readonly audience: string;
  readonly now: () => Date;
}

/** Starts the issuer, making its signing key and the client of `npm run token` on the first start. */
export async function startIssuer(options: IssuerOptions): Promise<RunningService> {
  const paths = identityPaths(options.stateDir);
  const [signingKey] = await Promise.all([
    loadOrCreateKey(paths.signingKey),
    registerClient(
      options.stateDir,
      { clientId: CLI_CLIENT_ID, grants: { kind: 'people' } },
      paths.cliPrivateKey,
    ),
  ]);
  const server = createServer();
  const port = await listen(server, options.port);
  const respond = createResponder(options, signingKey, port);
  server.on('request', (request, response) => void respond(request, response));
  return {
    facts: { ...issuerAddresses(port), port },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(portTakenMessage(port, 'MCMS_IDENTITY_PORT'), { cause: error })
          : error,
      );
    });
    server.listen(port, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the issuer has no TCP address'));
      else resolve(address.port);
    });
  });
}

type Respond = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function createResponder(options: IssuerOptions, signingKey: RsaKey, port: number): Respond {
  const addresses = issuerAddresses(port);
  const grant = createTokenEndpoint({
    ...addresses,
    audience: options.audience,
    signingKey,
    now: options.now,
    findClient: (clientId) => findClient(options.stateDir, clientId),
  });
  const graph = createGraphEndpoint({
    stateDir: options.stateDir,
    signingKey,
    issuer: addresses.issuer,
    now: options.now,
  });
  const documents = new Map<string, unknown>([
    [ISSUER_PATHS.discovery, discoveryDocument(addresses, options.audience)],
    [ISSUER_PATHS.keys, { keys: [signingKey.publicJwk] }],
  ]);

  return async (request, response) => {
    try {
      requireOwnHost(request, port);
      const path = new URL(request.url ?? '/', addresses.issuer).pathname;
      if (path.startsWith(`${ISSUER_PATHS.graph}/`)) {
        requireNoBrowser(request);
        const { status, body } = await graph(request, path.slice(ISSUER_PATHS.graph.length));
        send(response, status, body);
        return;
      }
      if (path === ISSUER_PATHS.token) {
        if (!allow(request, response, ['POST'])) return;
        requireNoBrowser(request);
        send(response, 200, await grant(await readForm(request)));
        return;
      }
      const document = documents.get(path);
      if (document === undefined) send(response, 404, { error: 'not_found' });
      else if (allow(request, response, ['GET', 'HEAD']))
        send(response, 200, document, 'public, max-age=300');
    } catch (error) {
      sendError(response, error);
    }
  };
}

function discoveryDocument(addresses: ReturnType<typeof issuerAddresses>, audience: string) {
  return {
    issuer: addresses.issuer,
    token_endpoint: addresses.tokenEndpoint,
    jwks_uri: addresses.jwksUri,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    scopes_supported: [`${audience}/.default`],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256'],
  };
}

/** A page that points a name of its own at 127.0.0.1 (DNS rebinding) sends that name here. */
function requireOwnHost(request: IncomingMessage, port: number): void {
  const host = request.headers.host;
  if (host !== `${HOST}:${port}` && host !== `localhost:${port}`)
    throw new OAuthError('invalid_request', `this server is ${HOST}:${port} and no other host`);
}

/** Only browsers send Origin; no page may have a token from here. */
function requireNoBrowser(request: IncomingMessage): void {
  if (request.headers.origin !== undefined)
    throw new OAuthError('invalid_request', 'requests from a web page are refused');
}

function allow(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): boolean {
  if (methods.includes(request.method ?? '')) return true;
  response.setHeader('Allow', methods.join(', '));
  send(response, 405, { error: 'method_not_allowed' });
  return false;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(request, 'application/x-www-form-urlencoded'));
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return;
  if (error instanceof OAuthError) {
    send(response, error.status, { error: error.code, error_description: error.message });
    return;
  }
  console.error('identity: a request failed:', error);
  send(response, 500, { error: 'server_error' });
}

/** RFC 6749 section 5.1: answers that carry tokens are never stored. */
function send(response: ServerResponse, status: number, body: unknown, cacheControl = 'no-store'): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': cacheControl,
    'X-Content-Type-Options': 'nosniff',
    // An unread rest of a refused body must not be taken for the next request.
    ...(status < 300 ? {} : { Connection: 'close' }),
  });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}
