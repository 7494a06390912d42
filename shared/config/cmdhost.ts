import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ability } from '../cam-commands/contracts.ts';
import { durationMs } from '../time/duration.ts';

/** The configuration file of one CmdHost agent. Every field is described in docs/cmdhost.md. */

const text = z.string().min(1);

const duration = z.string().transform((value, context) => {
  try {
    return durationMs(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

/** HTTPS anywhere, or plain HTTP to this machine: tokens and SAS never cross a network in the clear. */
const serviceUrl = z.url().refine(isPrivate, 'must be https://, or http:// to 127.0.0.1 or localhost');

const serviceBus = z.union(
  [z.strictObject({ connectionString: text }), z.strictObject({ fullyQualifiedNamespace: text })],
  { error: 'must have exactly one of connectionString and fullyQualifiedNamespace' },
);

const identity = z.strictObject({
  tokenEndpoint: serviceUrl,
  clientId: text,
  /** PKCS #8 PEM with an RSA key. */
  privateKeyFile: text,
  /** PEM of the certificate registered in Entra ID; a local issuer that knows the key itself needs none. */
  certificateFile: text.optional(),
  /** Of MCMS.Api, for example `api://mcms/.default`. */
  scope: text,
  /** "Object ID" of the app registration: Microsoft Graph wants it in the proof for a new certificate. */
  objectId: z.uuid().optional(),
  /** Microsoft Graph, or its counterpart in a sovereign cloud; asked when certificates are rotated. */
  graphUrl: serviceUrl.default('https://graph.microsoft.com/v1.0'),
});

/** What the server may be told of an application stands beside what starts it; see `ability`. */
const adapter = z.strictObject({
  ...ability.shape,
  /** Executable and leading arguments; never run through a shell. */
  command: z.array(text).min(1),
  /** All that the adapter sees beyond what every program of the system needs. */
  environment: z.record(z.string().regex(/^[^=\0]+$/), z.string()).default({}),
  /** How long an adapter without a job stays for the next one; 0 starts one process for each attempt. */
  keepWarm: duration.default(0),
});

export const cmdhostConfig = z.strictObject({
  workstation: text.max(100),
  /** Runs at the same time: the licences this workstation may use. */
  seats: z.int().min(1).max(64),
  apiUrl: serviceUrl,
  serviceBus,
  identity,
  /** Holds journal and run folders; belongs to one agent alone. */
  workFolder: text,
  adapters: z
    .array(adapter)
    .min(1)
    .refine(
      (list) => new Set(list.map(({ application }) => application)).size === list.length,
      'must name each application once',
    ),
  /** Who starts adapters: a child of the agent, or a process in the logged-on session that connects to it. */
  runner: z.strictObject({ mode: z.enum(['child', 'session']) }).default({ mode: 'child' }),
  /** Free bytes on the disk of the work folder below which nothing is claimed. */
  minFreeDiskBytes: z.int().min(0).default(1_073_741_824),
  /** How often an agent with a free seat asks for work although no bell rang. */
  idlePollInterval: duration.default(60_000),
  /** How long running work may go on after a request to stop before it is ended and reported lost. */
  stopGracePeriod: duration.default(0),
});
export type CmdhostConfig = z.output<typeof cmdhostConfig>;
/** What stands in the file: durations are ISO 8601 text. */
export type CmdhostConfigFile = z.input<typeof cmdhostConfig>;

/** A configuration that cannot be used; the message names the file and each wrong field. */
export class CmdhostConfigError extends Error {
  override readonly name = 'CmdhostConfigError';
  /** One sentence each. */
  readonly problems: readonly string[];

  constructor(message: string, problems: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.problems = problems;
  }
}

/** Reads and checks the file. @throws {CmdhostConfigError} */
export function readCmdhostConfig(path: string): CmdhostConfig {
  const parsed = cmdhostConfig.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${fieldPath(issue.path)}: ${issue.message}`);
  throw new CmdhostConfigError(`${path}: ${problems.join('; ')}`, problems);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    const detail = cause instanceof Error ? `: ${cause.message}` : '';
    const message = `${path} ${reason}${detail}`;
    throw new CmdhostConfigError(message, [message], { cause });
  }
}

function fieldPath(path: readonly PropertyKey[]): string {
  const written = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return written.replace(/^\./, '') || '(file)';
}

function isPrivate(value: string): boolean {
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(hostname));
}
