import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import type { Clock } from '../../shared/time/clock.ts';
import { within } from '../retry.ts';
import { createTokenCredential } from '../token.ts';
import { checkApi, checkApiAccess } from './api.ts';
import { checkBlob } from './blob.ts';
import { about, type Finding } from './finding.ts';
import { checkProxy } from './proxy.ts';
import { checkServiceBus } from './service-bus.ts';
import { checkToken } from './token.ts';

export interface OnlineOptions {
  readonly config: CmdhostConfig;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** An address of the storage account, which an agent learns from its jobs only. */
  readonly blobUrl: string | undefined;
}

/** Longest time for one check; each has shorter limits of its own. */
const LIMIT_MS = 60_000;

/** Everything that needs the network. @throws {Error} in a sentence when the key files cannot be used */
export async function checkOnline({
  config,
  clock,
  environment,
  blobUrl,
}: OnlineOptions): Promise<Finding[]> {
  const { apiUrl, identity, serviceBus } = config;
  const credential = await createTokenCredential(identity, clock);
  const token = await limited('token', async () => checkToken(identity, credential));
  const hasToken = token.every(({ level }) => level !== 'problem' || isRoleOnly(token));
  const parts = await Promise.all([
    limited('API', async () => checkApi(apiUrl, clock)),
    hasToken ? limited('API access', async () => checkApiAccess(config, credential)) : waits('API access'),
    hasToken || 'connectionString' in serviceBus
      ? limited('Service Bus', async () => checkServiceBus(serviceBus, credential))
      : waits('Service Bus'),
    blobUrl === undefined ? [] : limited('Blob Storage', async () => checkBlob(blobUrl)),
  ]);
  return [...checkProxy(environment), ...token, ...parts.flat()];
}

/** A token without the role is a token: what else is wrong can still be found out. */
function isRoleOnly(findings: readonly Finding[]): boolean {
  return findings.every(({ detail }) => detail.startsWith('given'));
}

function waits(check: string): Finding[] {
  return [
    about(check).warning(
      'not looked at without a token',
      'solve what stands above, then run cmdhost doctor again',
    ),
  ];
}

async function limited(check: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  const working = work();
  if (await within(LIMIT_MS, working)) return working;
  return [
    about(check).problem(
      `no end after ${LIMIT_MS / 1000} s`,
      'look at firewall and proxy between this workstation and the service, then run cmdhost doctor again',
    ),
  ];
}
