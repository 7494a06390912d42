import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseDurationMs } from './duration.ts';

/** Rules of one queue. Durations are milliseconds; `defaultTimeToLiveMs` undefined means messages never expire. */
export interface QueueSettings {
  readonly name: string;
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  /** How long a `messageId` is remembered; undefined when the queue does not detect duplicates. */
  readonly duplicateWindowMs: number | undefined;
  readonly defaultTimeToLiveMs: number | undefined;
  readonly deadLetterOnExpiry: boolean;
}

/** Azure's "no limit" is TimeSpan.MaxValue, about 10.6 million days; anything of that order means never. */
const NEVER_MS = 10_000_000 * 86_400_000;

const duration = z.string().transform((text, context) => {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is not an ISO 8601 duration such as PT1M` });
  return z.NEVER;
});

/** The properties of `Microsoft.ServiceBus/namespaces/queues` that this broker honours, with Azure's defaults and limits. */
const queueSchema = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,258}[A-Za-z0-9])?$/),
    lockDuration: duration.default(60_000).refine((ms) => ms <= 300_000, 'lockDuration is at most PT5M'),
    maxDeliveryCount: z.int().min(1).max(2000).default(10),
    requiresDuplicateDetection: z.boolean().default(false),
    duplicateDetectionHistoryTimeWindow: duration.default(600_000),
    defaultMessageTimeToLive: duration.optional(),
    deadLetteringOnMessageExpiration: z.boolean().default(false),
  })
  .transform((queue): QueueSettings => ({
    name: queue.name,
    lockDurationMs: queue.lockDuration,
    maxDeliveryCount: queue.maxDeliveryCount,
    duplicateWindowMs: queue.requiresDuplicateDetection
      ? queue.duplicateDetectionHistoryTimeWindow
      : undefined,
    defaultTimeToLiveMs:
      queue.defaultMessageTimeToLive !== undefined && queue.defaultMessageTimeToLive < NEVER_MS
        ? queue.defaultMessageTimeToLive
        : undefined,
    deadLetterOnExpiry: queue.deadLetteringOnMessageExpiration,
  }));

const queuesSchema = z.array(queueSchema).superRefine((queues, context) => {
  const seen = new Set<string>();
  for (const { name } of queues) {
    if (seen.has(name.toLowerCase()))
      context.addIssue({ code: 'custom', message: `queue "${name}" stands twice` });
    seen.add(name.toLowerCase());
  }
});

/**
 * Checks queue settings in Azure Resource Manager's names (the shape of `infra/service-bus-queues.json`).
 * Throws an error whose message names each wrong or unknown property, for instance one of a feature that is not offered.
 */
export function parseQueues(input: unknown): QueueSettings[] {
  const parsed = queuesSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Error(`queue settings are not usable:\n${z.prettifyError(parsed.error)}`);
}

/** The queues of the product, shared with the Bicep files. */
const QUEUES_FILE = join(import.meta.dirname, '../../infra/service-bus-queues.json');

/** Reads queue settings from a JSON file, by default the product's; errors name the file. */
export async function loadQueues(path = QUEUES_FILE): Promise<QueueSettings[]> {
  try {
    return parseQueues(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
