import { parseArgs } from 'node:util';
import * as openid from 'openid-client';
import { ROLES } from '../shared/auth/roles.ts';
import { readStackFile, stateFolder, type StackFile } from './stack-file.ts';
import { requestToken, type TokenRequest } from './token-request.ts';

const HELP = `Prints a bearer token of the local issuer, and nothing else, on standard output.

Usage: npm run -s token -- --roles ROLE[,ROLE…] [--name NAME] [--minutes N]

  --roles    one or more of ${ROLES.join(', ')}
  --name     who the token is for; without it a person per set of roles, for example engineer@mcms.local
  --minutes  how long it is valid, 1 to 1440 (default 60)

MCMS_STATE_DIR chooses the stack (default .local).`;

/** The request that the command line asks for, or undefined for `--help`. @throws a sentence about a wrong argument */
function readArguments(args: readonly string[]): TokenRequest | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      roles: { type: 'string' },
      name: { type: 'string' },
      minutes: { type: 'string', default: '60' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const roles = (values.roles ?? '')
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '');
  if (roles.length === 0) throw new Error(`--roles is missing; the roles are ${ROLES.join(', ')}`);
  const unknown = roles.find((role) => !(ROLES as readonly string[]).includes(role));
  if (unknown !== undefined) throw new Error(`unknown role "${unknown}"; the roles are ${ROLES.join(', ')}`);
  const minutes = Number(values.minutes);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440)
    throw new Error(`--minutes is a whole number from 1 to 1440, not "${values.minutes}"`);
  return { roles, name: values.name ?? defaultName(roles), minutes };
}

/** A person per set of roles, so that who wrote and who approves are two people: `engineer@mcms.local`. */
function defaultName(roles: readonly string[]): string {
  const parts = roles.map((role) => role.replace(/^Mcms\./, '').toLowerCase());
  return `${[...new Set(parts)].toSorted().join('-')}@mcms.local`;
}

/** One sentence for whoever typed the command. */
function explain(error: unknown, stack: StackFile | undefined): string {
  if (error instanceof openid.ResponseBodyError)
    return `the issuer refused: ${error.error_description ?? error.error}`;
  if (
    stack &&
    error instanceof Error &&
    (error.message === 'fetch failed' || error.cause instanceof TypeError)
  )
    return `the issuer at ${stack.issuer} does not answer: is the stack still running? Start it with \`npm start\``;
  return error instanceof Error ? error.message : String(error);
}

let stack: StackFile | undefined;
try {
  const request = readArguments(process.argv.slice(2));
  if (request) {
    stack = await readStackFile(stateFolder(process.env));
    console.log(await requestToken(stack, request));
  } else console.log(HELP);
} catch (error) {
  console.error(`token: ${explain(error, stack)}`);
  process.exitCode = 1;
}
