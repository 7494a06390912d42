import { decodeJwt } from 'jose';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import type { AgentCredential } from '../token.ts';
import { about, type Finding } from './finding.ts';
import { explain } from './network-error.ts';

const found = about('token');
const ROLE = 'Mcms.CmdHost';

/** The identity service gives a token for MCMS.Api, and the role is in it. */
export async function checkToken(
  { scope, tokenEndpoint }: CmdhostConfig['identity'],
  credential: AgentCredential,
): Promise<Finding[]> {
  try {
    const answer = await credential.getToken(scope);
    return [checkRole(answer?.token ?? '')];
  } catch (error) {
    const { detail, next } = explain(error, new URL(tokenEndpoint).host);
    return [found.problem(detail, next)];
  }
}

/** @param token an access token; one that is no JWT says nothing about roles */
export function checkRole(token: string): Finding {
  let roles: unknown;
  try {
    roles = decodeJwt(token)['roles'] ?? [];
  } catch {
    return found.warning('it is no JWT, so its roles cannot be seen', 'the check of the API below decides');
  }
  if (Array.isArray(roles) && roles.includes(ROLE)) return found.ok(`given, with the role ${ROLE}`);
  return found.problem(
    `given, without the role ${ROLE}`,
    'Entra admin centre > Enterprise applications > MCMS.Api: assign the role to this application, with admin consent',
  );
}
