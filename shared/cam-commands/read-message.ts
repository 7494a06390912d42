import { z } from 'zod';
import { commandMessage, resultMessage } from './contracts.ts';
import { describeIssues } from './rejected.ts';

export type ReadMessage<T> =
  | { readonly kind: 'read'; readonly message: T }
  | {
      readonly kind: 'refused';
      readonly reason: 'invalid-message' | 'schema-version-unknown';
      readonly description: string;
    };

/** The version before the current one: its schema, and what makes a message of the current version of one of its own. */
export interface VersionBefore<Old> {
  readonly schema: z.ZodType<Old>;
  readonly upgrade: (message: Old) => unknown;
}

const versioned = z.looseObject({ schemaVersion: z.int() });

/**
 * Makes the one function that reads a kind of message: version N by its schema, N-1 by the schema before and its upgrade. Producers
 * and agents are not deployed together with MCMS, so both versions are on the queues for a time.
 */
export function messageReader<T, Old = never>(versions: {
  readonly version: number;
  readonly schema: z.ZodType<T>;
  readonly before?: VersionBefore<Old> | undefined;
}): (body: unknown) => ReadMessage<T> {
  const { version, schema, before } = versions;
  const oldest = before ? version - 1 : version;
  return (body) => {
    const said = versioned.safeParse(body).data?.schemaVersion ?? version;
    if (said > version)
      return unknown(
        `${said} is newer than ${version}, the newest that this MCMS reads: deploy MCMS before its callers`,
      );
    if (said < oldest) return unknown(`${said} is older than ${oldest}, the oldest that this MCMS reads`);
    if (said === version || !before) return parse(schema, body);
    const old = parse(before.schema, body);
    return old.kind === 'read' ? parse(schema, before.upgrade(old.message)) : old;
  };
}

function unknown(what: string): ReadMessage<never> {
  return { kind: 'refused', reason: 'schema-version-unknown', description: `schemaVersion: ${what}` };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): ReadMessage<T> {
  const parsed = schema.safeParse(body);
  return parsed.success
    ? { kind: 'read', message: parsed.data }
    : { kind: 'refused', reason: 'invalid-message', description: describeIssues(parsed.error) };
}

/** Reads a body of `esprit-commands`. There has been one version so far. */
export const readCommandMessage = messageReader({ version: 1, schema: commandMessage });

/** Reads a body of `esprit-results`. There has been one version so far. */
export const readResultMessage = messageReader({ version: 1, schema: resultMessage });
