import { z } from 'zod';
import { SchemaWriter } from '../http/json-schema.ts';
import type { CommandType } from './command-types.ts';
import { applications } from './contracts.ts';

const ms = z.int().min(0).describe('Milliseconds.');

/** A command type as the API shows it: the table of types with the app settings laid over it. Durations are in milliseconds. */
export const commandTypeView = z
  .object({
    application: z.enum(applications),
    commandType: z.string(),
    description: z.string(),
    parameters: z.record(z.string(), z.json()).describe('JSON Schema of `parameters` of an order.'),
    ability: z
      .object({
        minVersion: z.string().nullable(),
        fromOrder: z
          .array(z.string())
          .describe('What the order itself adds to what is wanted of a workstation.'),
      })
      .describe('What a workstation must offer.'),
    limits: z.object({ queueMs: ms, attemptMs: ms, commandMs: ms }),
    heartbeat: z.object({ intervalMs: ms, leaseMs: ms }),
    retry: z.object({
      firstDelayMs: ms,
      factor: z.number(),
      maxDelayMs: ms,
      maxAttempts: z.int(),
      maxLost: z.int(),
      jitter: z.number(),
      permanentCodes: z.array(z.string()),
    }),
    licencePool: z.string(),
    reprocess: z.object({ times: z.int(), afterMs: ms }),
  })
  .meta({ id: 'CommandType' });
export type CommandTypeView = z.infer<typeof commandTypeView>;

export function toCommandTypeView(type: CommandType): CommandTypeView {
  const { queueMs, attemptMs, commandMs, heartbeatMs, leaseMs } = type.limits;
  const parameters = new SchemaWriter().write(type.parameters, {
    open: false,
  }) as CommandTypeView['parameters'];
  const named = Object.keys((parameters['properties'] ?? {}) as object);
  return {
    application: type.application,
    commandType: type.commandType,
    description: type.description,
    parameters,
    ability: {
      minVersion: type.ability.minVersion ?? null,
      fromOrder: ['machine', ...named.filter((name) => name === 'postProcessor')],
    },
    limits: { queueMs, attemptMs, commandMs },
    heartbeat: { intervalMs: heartbeatMs, leaseMs },
    retry: { ...type.retry, permanentCodes: [...type.retry.permanentCodes] },
    licencePool: type.licencePool,
    reprocess: type.reprocess,
  };
}
