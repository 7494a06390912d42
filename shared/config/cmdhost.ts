import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ability } from '../cam-commands/contracts.ts';
import { LONGEST_TIMER_MS, durationMs } from '../time/duration.ts';

/**
 * The configuration file of one CmdHost agent. Descriptions are for the people who write it: `cmdhost schema` prints them for their
 * editor. More in docs/cmdhost.md.
 */

const text = z.string().min(1);

/** Of either system. Adapters run in folders of their own: a relative path would mean another place there. */
const absolutePath = z
  .string()
  .regex(/^([/\\]|[A-Za-z]:[/\\])/, 'must be an absolute path, such as C:\\MCMS\\work or /var/lib/mcms');

/** What `durationMs` takes, but for its upper limit. */
const DURATION_PATTERN = /^P(?=\d|T\d)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d{1,3})?S)?)?$/;

const duration = z
  .string()
  .meta({ pattern: DURATION_PATTERN.source, examples: ['PT30S', 'PT15M'] })
  .transform((value, context) => {
    try {
      return durationMs(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  })
  .refine(
    (ms) => ms <= LONGEST_TIMER_MS,
    'must be at most P24DT20H31M23.647S, the longest that a timer can wait',
  );

/** HTTPS anywhere, or plain HTTP to this machine: tokens and SAS never cross a network in the clear. */
const serviceUrl = z.url().refine(isPrivate, 'must be https://, or http:// to 127.0.0.1 or localhost');

const serviceBus = z.union(
  [
    z.strictObject({
      connectionString: text.describe('Of a local broker; in Azure use fullyQualifiedNamespace.'),
    }),
    z.strictObject({
      fullyQualifiedNamespace: text.describe(
        '<namespace>.servicebus.windows.net; the agent signs in by its identity.',
      ),
    }),
  ],
  { error: 'must have exactly one of connectionString and fullyQualifiedNamespace' },
);

const identity = z.strictObject({
  tokenEndpoint: serviceUrl.describe(
    'OAuth token endpoint; in Entra ID https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token.',
  ),
  clientId: text.describe('"Application (client) ID" of the app registration of this workstation.'),
  privateKeyFile: absolutePath.describe(
    "Absolute path of a PKCS #8 PEM with an RSA key, readable by the agent's account only. cmdhost enroll makes it.",
  ),
  certificateFile: absolutePath
    .optional()
    .describe(
      'Absolute path of the PEM of the certificate registered in Entra ID; a local issuer that knows the key itself needs none.',
    ),
  scope: text.describe('Scope of MCMS.Api, for example api://mcms/.default.'),
  objectId: z
    .uuid()
    .optional()
    .describe(
      '"Object ID" of the app registration: Microsoft Graph wants it in the proof for a new certificate.',
    ),
  graphUrl: serviceUrl
    .default('https://graph.microsoft.com/v1.0')
    .describe(
      'Microsoft Graph, or its counterpart in a sovereign cloud; asked when certificates are rotated.',
    ),
});

/** What the server may be told of an application stands beside what starts it; see `ability`. */
const adapter = z.strictObject({
  ...ability.shape,
  application: ability.shape.application.describe('The CAM program that this adapter drives.'),
  version: ability.shape.version.describe('Version of the CAM program, dotted numbers such as 2024.1.'),
  postProcessors: ability.shape.postProcessors.describe('Post-processors that are there; any when left out.'),
  machines: ability.shape.machines.describe(
    'Machines that programs are made for here, as routings name them; DMG-* is all that begin so; any when left out.',
  ),
  command: z
    .array(text)
    .min(1)
    .describe('Executable and leading arguments; never run through a shell. The agent adds --job FILE.'),
  environment: z
    .record(z.string().regex(/^[^=\0]+$/), z.string())
    .default({})
    .describe('All that the adapter sees beyond what every program of the system needs.'),
  keepWarm: duration
    .prefault('PT0S')
    .describe(
      'How long an adapter without a job stays for the next one; PT0S starts one process for each attempt; ISO 8601.',
    ),
});

export const cmdhostConfig = z.strictObject({
  $schema: z
    .string()
    .optional()
    .describe('Where the schema of this file lies, for editors; the agent does not read it.'),
  workstation: text.max(100).describe('Name under which this workstation is known, for example WS-01.'),
  seats: z.int().min(1).max(64).describe('Runs at the same time: the licences this workstation may use.'),
  apiUrl: serviceUrl.describe('MCMS.Api without /api; https://, or http:// to this machine only.'),
  serviceBus: serviceBus.describe('Exactly one of connectionString and fullyQualifiedNamespace.'),
  identity: identity.describe('Who this workstation is: the certificate and what it signs in to.'),
  workFolder: absolutePath.describe(
    'Absolute path; holds journal and run folders; belongs to one agent alone.',
  ),
  adapters: z
    .array(adapter)
    .min(1)
    .refine(
      (list) => new Set(list.map(({ application }) => application)).size === list.length,
      'must name each application once',
    )
    .describe('What drives the CAM programs: one adapter for each application.'),
  idlePollInterval: duration
    .prefault('PT1M')
    .describe('How often an agent with a free seat asks for work although no bell rang; ISO 8601.'),
  stopGracePeriod: duration
    .prefault('PT0S')
    .describe(
      'How long running work may go on after a request to stop before it is ended and reported lost; ISO 8601.',
    ),
  runner: z
    .strictObject({
      mode: z
        .enum(['child', 'session'])
        .describe(
          'child: a process that the agent starts itself; session: one in the logged-on session that connects to it.',
        ),
    })
    .default({ mode: 'child' })
    .describe(
      'Who starts adapters: a child of the agent, or a process in the logged-on session that connects to it.',
    ),
  minFreeDiskBytes: z
    .int()
    .min(0)
    .default(1_073_741_824)
    .describe('Free bytes on the disk of the work folder below which nothing is claimed.'),
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
