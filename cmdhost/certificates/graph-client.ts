import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { createTokenCredential } from '../token.ts';

const TIMEOUT_MS = 30_000;

const addedKey = z.object({ keyId: z.string().optional() });
const application = z.object({
  id: z.string(),
  keyCredentials: z
    .array(z.object({ keyId: z.string(), customKeyIdentifier: z.string().nullish() }))
    .default([]),
});
export type Registration = z.output<typeof application>;
const problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Microsoft Graph refuses. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly status: number;
  /** As `Authorization_RequestDenied`. */
  readonly code: string;

  constructor(operation: string, status: number, code: string, message: string) {
    super(`Microsoft Graph refuses ${operation}: ${status} ${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

/** What of Microsoft Graph a workstation uses on its own app registration. All throw `GraphError`, or an error in a sentence. */
export interface GraphClient {
  /** The registration, or undefined when this application may not read it (it needs no permission to roll its keys). */
  registration(): Promise<Registration | undefined>;
  /** @returns the id under which the certificate is registered, if Graph tells it */
  addKey(certificate: X509Certificate, proof: string): Promise<string | undefined>;
  removeKey(keyId: string, proof: string): Promise<void>;
}

/** @param identity the identity that asks: its key files may be those of either generation */
export function createGraphClient(identity: CmdhostConfig['identity']): GraphClient {
  const { graphUrl, clientId } = identity;
  const scope = `${new URL(graphUrl).origin}/.default`;
  const base = `${graphUrl.replace(/\/+$/, '')}/applications(appId='${encodeURIComponent(clientId)}')`;

  const call = async (operation: string, suffix: string, body?: unknown): Promise<unknown> => {
    const token = await (await createTokenCredential(identity)).getToken(scope);
    if (!token) throw new Error('no token for Microsoft Graph');
    let response: Response;
    try {
      response = await fetch(base + suffix, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new Error(
        `${operation}: no answer from ${graphUrl}; run the command again, it goes on where it was`,
        {
          cause,
        },
      );
    }
    const text = await response.text();
    if (response.ok) return text === '' ? {} : JSON.parse(text);
    const { code, message } = parseProblem(text);
    throw new GraphError(operation, response.status, code, message);
  };

  return {
    async registration() {
      try {
        return application.parse(await call('a look at the application', '?$select=id,keyCredentials'));
      } catch (error) {
        if (error instanceof GraphError && error.status === 403) return undefined;
        throw error;
      }
    },
    async addKey(certificate, proof) {
      const key = certificate.raw.toString('base64');
      const keyCredential = { type: 'AsymmetricX509Cert', usage: 'Verify', key };
      return addedKey.parse(
        await call('addKey', '/addKey', { keyCredential, passwordCredential: null, proof }),
      ).keyId;
    },
    async removeKey(keyId, proof) {
      await call('removeKey', '/removeKey', { keyId, proof });
    },
  };
}

function parseProblem(text: string): { code: string; message: string } {
  try {
    return problem.parse(JSON.parse(text)).error;
  } catch {
    return { code: 'no error code', message: text.slice(0, 200) };
  }
}

/** The id under which a certificate is registered; Graph gives its SHA-1 in hexadecimal or base64. */
export function keyIdOf(certificate: X509Certificate, { keyCredentials }: Registration): string | undefined {
  const hex = certificate.fingerprint.replaceAll(':', '');
  const base64 = Buffer.from(hex, 'hex').toString('base64');
  return keyCredentials.find(
    ({ customKeyIdentifier: id }) => id && (id.toUpperCase() === hex || id === base64),
  )?.keyId;
}
