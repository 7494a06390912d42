import { randomUUID } from 'node:crypto';
import type { HeartbeatRequest } from '../../shared/cam-commands/contracts.ts';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { AgentCredential } from '../token.ts';
import { checkClock } from './clock.ts';
import { about, type Finding } from './finding.ts';
import { explain } from './network-error.ts';

const reach = about('API');
const access = about('API access');
const TIMEOUT_MS = 10_000;

/** MCMS.Api answers, and its clock and ours agree. */
export async function checkApi(apiUrl: string, clock: Clock): Promise<Finding[]> {
  const url = `${base(apiUrl)}/api/health/live`;
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    const time = checkClock(response.headers.get('date'), clock.now());
    if (response.ok) return [reach.ok(`${apiUrl} answers`), time];
    return [
      reach.problem(`${url} answers ${response.status}`, 'is apiUrl the address of MCMS.Api, without /api?'),
      time,
    ];
  } catch (error) {
    const { detail, next } = explain(error, new URL(apiUrl).host);
    return [reach.problem(detail, next)];
  }
}

/**
 * This identity may do an agent's calls. It reports on an attempt that nobody has: MCMS.Api refuses that as not ours (409), which it
 * does only for who may ask; nothing is announced or claimed.
 */
export async function checkApiAccess(
  { apiUrl, identity }: Pick<CmdhostConfig, 'apiUrl' | 'identity'>,
  credential: AgentCredential,
): Promise<Finding[]> {
  const nothing: HeartbeatRequest = {
    schemaVersion: 1,
    fence: 1,
    startedAt: null,
    phase: 'doctor',
    percent: null,
    logTail: [],
  };
  try {
    const token = await credential.getToken(identity.scope);
    const response = await fetch(`${base(apiUrl)}/api/agent/attempts/${randomUUID()}/heartbeat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify(nothing),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return [judge(response.status)];
  } catch (error) {
    const { detail, next } = explain(error, new URL(apiUrl).host);
    return [access.problem(detail, next)];
  }
}

/** @param status what MCMS.Api answered to a report on an attempt that nobody has */
export function judge(status: number): Finding {
  if (status === 404 || status === 409) return access.ok('this identity may announce itself and claim work');
  if (status === 401)
    return access.problem(
      '401: the API does not take the token',
      'identity.scope must be that of this MCMS.Api',
    );
  if (status === 403)
    return access.problem(
      '403: the role Mcms.CmdHost is missing',
      'assign it to this application in Entra ID',
    );
  if (status >= 500)
    return access.warning(
      `the API answers ${status}`,
      'run cmdhost doctor again in a minute; then ask who runs MCMS',
    );
  return access.problem(`the API answers ${status}`, 'agent and API may be of versions too far apart');
}

function base(apiUrl: string): string {
  return apiUrl.replace(/\/+$/, '');
}
