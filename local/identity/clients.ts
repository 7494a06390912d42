import { randomUUID, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ROLES } from '../../shared/auth/roles.ts';
import { isNotFound, writeFileAtomic } from '../state-file.ts';
import { loadOrCreateKey } from './keys.ts';

/** Also the file name of a registration, hence no separators. */
const clientIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

/** A certificate registered for a client, as Microsoft Graph's keyCredential names its parts. */
const keyCredentialSchema = z.strictObject({
  keyId: z.uuid(),
  /** SHA-1 of the certificate, hexadecimal capitals. */
  customKeyIdentifier: z.string(),
  startDateTime: z.iso.datetime(),
  endDateTime: z.iso.datetime(),
  /** The certificate: DER in base64. */
  key: z.base64(),
});
export type KeyCredential = z.infer<typeof keyCredentialSchema>;

const clientSchema = z.strictObject({
  clientId: clientIdSchema,
  /** Known without a certificate, as the stack's own clients are. */
  publicKey: z.looseObject({ kty: z.literal('RSA'), n: z.string(), e: z.string() }).optional(),
  keyCredentials: z.array(keyCredentialSchema).default([]),
  grants: z.discriminatedUnion('kind', [
    /** Tokens of the application itself, always with these roles. */
    z.strictObject({ kind: z.literal('application'), roles: z.array(z.enum(ROLES)).min(1) }),
    /** Tokens for any person with any roles: stands in for the sign-in page that a laptop has no directory for. */
    z.strictObject({ kind: z.literal('people') }),
  ]),
});

/** A registered client application: what Entra keeps as app registration with a certificate. */
export type Client = z.infer<typeof clientSchema>;

/** The client of `npm run token`. */
export const CLI_CLIENT_ID = 'mcms-cli';

/** Where everything of the issuer lies below the state folder. */
export function identityPaths(stateDir: string) {
  const folder = join(stateDir, 'identity');
  return {
    signingKey: join(folder, 'signing-key.pem'),
    cliPrivateKey: join(folder, `${CLI_CLIENT_ID}.pem`),
    registration: (clientId: string) => join(folder, 'clients', `${clientId}.json`),
  };
}

/**
 * Registers a client, or renews its registration from its own private key, which is made when missing. May run beside a running
 * issuer: that reads the registration at each request.
 */
export async function registerClient(
  stateDir: string,
  client: Pick<Client, 'clientId' | 'grants'>,
  privateKeyFile: string,
): Promise<void> {
  const clientId = clientIdSchema.parse(client.clientId);
  const { publicJwk } = await loadOrCreateKey(privateKeyFile);
  const known = await findClient(stateDir, clientId);
  await saveClient(stateDir, {
    ...client,
    publicKey: clientSchema.shape.publicKey.parse(publicJwk),
    keyCredentials: known?.keyCredentials ?? [],
  });
}

/** Registers a client by certificates alone, as an administrator does in Entra ID's portal. */
export async function registerCertificate(
  stateDir: string,
  client: Pick<Client, 'clientId' | 'grants'>,
  certificate: X509Certificate,
): Promise<KeyCredential> {
  const known = await findClient(stateDir, client.clientId);
  const credential = keyCredentialOf(certificate);
  await saveClient(stateDir, {
    ...known,
    ...client,
    keyCredentials: [...(known?.keyCredentials ?? []), credential],
  });
  return credential;
}

/** The registration of a certificate, under a new id. */
export function keyCredentialOf(certificate: X509Certificate): KeyCredential {
  return {
    keyId: randomUUID(),
    customKeyIdentifier: certificate.fingerprint.replaceAll(':', ''),
    startDateTime: certificate.validFromDate.toISOString(),
    endDateTime: certificate.validToDate.toISOString(),
    key: certificate.raw.toString('base64'),
  };
}

export async function saveClient(stateDir: string, client: Client): Promise<void> {
  const registration = clientSchema.parse(client);
  await writeFileAtomic(
    identityPaths(stateDir).registration(registration.clientId),
    JSON.stringify(registration, null, 2),
  );
}

/** The registered client of that id, or undefined. @throws when its registration is damaged */
export async function findClient(stateDir: string, clientId: string): Promise<Client | undefined> {
  if (!clientIdSchema.safeParse(clientId).success) return undefined;
  const file = identityPaths(stateDir).registration(clientId);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const client = clientSchema.parse(JSON.parse(text));
  // A file system that ignores case finds `ws-01` in `WS-01.json`.
  return client.clientId === clientId ? client : undefined;
}
