import { z } from 'zod';

/**
 * What the agent and its runner (the process that starts adapters) say to each other: one JSON object a line, at most `MAX_MESSAGE_LENGTH`
 * UTF-16 units. Both are of the same version.
 */

/** Bounds what either side has to hold of the other. */
export const MAX_MESSAGE_LENGTH = 1_048_576;

/** Names one process, for as long as the runner lives; never used twice. */
const processId = z.uuid();

export const toRunner = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    processId,
    /** Executable and arguments; never run through a shell. */
    command: z.array(z.string()).min(1),
    environment: z.record(z.string(), z.string()),
    cwd: z.string(),
  }),
  /** A line for the standard input of the process. */
  z.object({ type: z.literal('write'), processId, line: z.string() }),
  /** Ends its standard input, which asks it to stop; it is killed when it does not. */
  z.object({ type: z.literal('end'), processId }),
  /** Ends the whole tree at once; answered by `exit`, as any other end. */
  z.object({ type: z.literal('kill'), processId }),
]);
export type ToRunner = z.infer<typeof toRunner>;

export const fromRunner = z.discriminatedUnion('type', [
  /** The first message: the runner takes starts from now on. */
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('started'),
    processId,
    pid: z.int().min(1),
    /** See `processIdentity`; null when the process has ended already, or it cannot be told. */
    identity: z.string().nullable(),
  }),
  z.object({ type: z.literal('not-started'), processId, message: z.string() }),
  z.object({ type: z.literal('line'), processId, stream: z.enum(['out', 'err']), text: z.string() }),
  /** The process, whatever it left behind and its output have ended. */
  z.object({
    type: z.literal('exit'),
    processId,
    code: z.int().nullable(),
    signal: z.string().nullable(),
  }),
]);
export type FromRunner = z.infer<typeof fromRunner>;
