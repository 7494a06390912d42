import { z } from 'zod';

/** What the commands `drain`, `resume` and `status` say to a running agent; each request is answered by its status. */

export const controlRequest = z.strictObject({ type: z.enum(['drain', 'resume', 'status']) });
export type ControlRequest = z.infer<typeof controlRequest>;

export const agentStatus = z.object({
  workstation: z.string(),
  agentVersion: z.string(),
  /** By an operator on this workstation; nothing new is claimed. */
  drained: z.boolean(),
  runner: z.enum(['connected', 'absent']),
  /** The disk has too little room; nothing new is claimed. */
  diskLow: z.boolean(),
  /** A claim is under way and may bring a job yet. */
  claiming: z.boolean(),
  running: z.array(
    z.object({
      attemptId: z.string(),
      commandId: z.string(),
      application: z.string(),
      commandType: z.string(),
      startedAt: z.string().nullable(),
      phase: z.string(),
      percent: z.number().nullable(),
    }),
  ),
  /** Results in the journal that the broker has not taken yet. */
  unsentResults: z.int(),
  /** When the API answered last; null before the first time. */
  lastContactAt: z.string().nullable(),
});
export type AgentStatus = z.infer<typeof agentStatus>;
