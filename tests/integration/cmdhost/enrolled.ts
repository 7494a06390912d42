import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enroll } from '../../../cmdhost/certificates/enroll.ts';
import { findClient, registerCertificate } from '../../../local/identity/clients.ts';
import { applicationObjectId } from '../../../local/identity/graph.ts';
import { startIssuer } from '../../../local/identity/issuer.ts';
import { type CmdhostConfig, cmdhostConfig } from '../../../shared/config/cmdhost.ts';

export const WORKSTATION = 'WS-01';
const CLIENT = {
  clientId: WORKSTATION,
  grants: { kind: 'application' as const, roles: ['Mcms.CmdHost' as const] },
};

/** A workstation with a certificate of its own, registered with a real issuer: what an administrator has after `enroll`. */
export interface Enrolled {
  readonly folder: string;
  readonly config: CmdhostConfig;
  readonly certificateFile: string;
  /** SHA-1 thumbprints of the certificates the issuer knows. */
  registered(): Promise<string[]>;
  thumbprint(): Promise<string>;
  stop(): Promise<void>;
}

export async function enrolledWorkstation(
  options: { objectId?: boolean; days?: number } = {},
): Promise<Enrolled> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-enrolled-'));
  const issuer = await startIssuer({
    port: 0,
    stateDir: folder,
    audience: 'api://mcms',
    now: () => new Date(),
  });
  const certificateFile = join(folder, 'certificate.pem');
  const config = cmdhostConfig.parse({
    workstation: WORKSTATION,
    seats: 1,
    apiUrl: 'http://127.0.0.1:9',
    serviceBus: { fullyQualifiedNamespace: 'mcms.servicebus.windows.net' },
    identity: {
      tokenEndpoint: String(issuer.facts['tokenEndpoint']),
      graphUrl: String(issuer.facts['graphUrl']),
      clientId: WORKSTATION,
      privateKeyFile: join(folder, 'key.pem'),
      certificateFile,
      scope: 'api://mcms/.default',
      ...(options.objectId === false ? {} : { objectId: applicationObjectId(WORKSTATION) }),
    },
    workFolder: join(folder, 'work'),
    adapters: [{ application: 'esprit', command: [process.execPath] }],
  });
  await enroll({ config, subject: undefined, days: options.days ?? 365, now: new Date() });
  const read = async () => new X509Certificate(await readFile(certificateFile));
  await registerCertificate(folder, CLIENT, await read());
  return {
    folder,
    config,
    certificateFile,
    registered: async () =>
      ((await findClient(folder, WORKSTATION))?.keyCredentials ?? []).map(
        ({ customKeyIdentifier }) => customKeyIdentifier,
      ),
    thumbprint: async () => (await read()).fingerprint.replaceAll(':', ''),
    stop: async () => {
      await issuer.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
