import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { HostStartError } from './errors.ts';
import { timeSpanToMs } from './time-span.ts';

const timeSpan = z.string().transform(toMs);
const timeLimit = z.string().transform((text, context) => (text === '-1' ? undefined : toMs(text, context)));

function toMs(text: string, context: z.RefinementCtx): number {
  const ms = timeSpanToMs(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is not a TimeSpan (hh:mm:ss)` });
  return z.NEVER;
}

const count = z.number().int().positive();
const logLevel = z.enum(['Trace', 'Debug', 'Information', 'Warning', 'Error', 'Critical', 'None']);

/**
 * The part of host.json this host obeys, with Azure's defaults (learn.microsoft.com, "host.json reference"). Within the
 * extensions it obeys, a setting it does not know is refused: quietly ignoring one would make the laptop differ from Azure.
 */
const schema = z.object({
  version: z.literal('2.0'),
  functionTimeout: timeLimit.default(30 * 60_000),
  logging: z.object({ logLevel: z.record(z.string(), logLevel).default({}) }).default({ logLevel: {} }),
  extensions: z
    .object({
      http: z
        .strictObject({
          routePrefix: z.string().default('api'),
          maxOutstandingRequests: z.number().int().default(200),
          maxConcurrentRequests: z.number().int().default(100),
        })
        .prefault({}),
      serviceBus: z
        .strictObject({
          prefetchCount: z.number().int().min(0).default(0),
          maxConcurrentCalls: count.default(16),
          autoCompleteMessages: z.boolean().default(true),
          maxAutoLockRenewalDuration: timeSpan.default(5 * 60_000),
        })
        .prefault({}),
      durableTask: z
        .object({
          hubName: z.string().default('DurableFunctionsHub'),
          maxConcurrentActivityFunctions: count.default(10),
          maxConcurrentOrchestratorFunctions: count.default(10),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** host.json, checked; TimeSpans are milliseconds, `functionTimeout` is undefined for "-1" (no limit). */
export type HostJson = z.output<typeof schema>;

/** Reads and checks host.json. Throws HostStartError that names file, setting and problem. */
export async function readHostJson(path: string): Promise<HostJson> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new HostStartError(`cannot read ${path}`, { cause: error });
  }
  return parseHostJson(json, path);
}

/** As `readHostJson`, for a value already read; `source` names it in messages. */
export function parseHostJson(json: unknown, source: string): HostJson {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`,
  );
  throw new HostStartError(`${source}: ${problems.join('; ')}`);
}
