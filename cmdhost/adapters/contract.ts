import { z } from 'zod';
import {
  applications,
  commandError,
  commandParameters,
  fileName,
  fileRoles,
  jobStep,
} from '../../shared/cam-commands/contracts.ts';
import { contentType } from '../../shared/files/contracts.ts';

/**
 * What the agent and an adapter (the program that drives one CAM application for one attempt) say to each other: a job file in,
 * lines of JSON on stdout, a result file out. Described for authors of adapters in docs/cmdhost.md.
 */

const schemaVersion = z.literal(1);

/** One input, already on disk and checked against its digest. */
export const adapterInput = z.object({
  fileName,
  role: z.enum(fileRoles),
  /** Absolute. */
  path: z.string(),
  sizeBytes: z.int().min(0),
  sha256: z.string(),
});

/** The file named by `--job`. All paths in it are absolute. */
export const adapterJob = z.object({
  schemaVersion,
  commandId: z.string(),
  attemptId: z.string(),
  attempt: z.int().min(1),
  /** Which run of the command this is; version 0.1 of the agent leaves it out. */
  run: z.int().min(1).optional(),
  application: z.enum(applications),
  commandType: z.string(),
  parameters: commandParameters,
  workstation: z.string(),
  routing: z.object({
    routingId: z.string(),
    itemCode: z.string(),
    revisionCode: z.string(),
    routingCode: z.string(),
    name: z.string(),
    machine: z.string(),
    camRev: z.int().min(1),
    steps: z.array(jobStep),
  }),
  inputs: z.array(adapterInput),
  /** Exists and is empty. Output files lie directly in it. */
  outputFolder: z.string(),
  resultFile: z.string(),
});
export type AdapterJob = z.infer<typeof adapterJob>;

/** One line on stdout. A line that is none of these is taken as log text. */
export const adapterLine = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    phase: z.string().min(1),
    percent: z.number().min(0).max(100).optional(),
  }),
  z.object({
    type: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
  }),
]);
export type AdapterLine = z.infer<typeof adapterLine>;

/** A line on stdin of an adapter that serves (`--serve`): the next job, whose file lies at this absolute path. */
export const serveJob = z.object({ type: z.literal('job'), jobFile: z.string() });
export type ServeJob = z.infer<typeof serveJob>;

/** A line on stdout of an adapter that serves: the result file of the job is in place, another job may come. */
export const serveDone = z.object({ type: z.literal('done'), attemptId: z.string() });

/** One file the adapter made: `fileName` is its name inside the output folder and the name it is filed under. */
export const adapterOutput = z.object({
  fileName,
  role: z.enum(fileRoles),
  contentType,
});
export type AdapterOutput = z.infer<typeof adapterOutput>;

/** The result file. Written whole (write elsewhere, then rename): the agent reads it once, after the process has ended. */
export const adapterResult = z.discriminatedUnion('outcome', [
  z.object({ schemaVersion, outcome: z.literal('succeeded'), outputs: z.array(adapterOutput).max(50) }),
  z.object({ schemaVersion, outcome: z.literal('failed'), error: commandError }),
]);
export type AdapterResult = z.infer<typeof adapterResult>;
