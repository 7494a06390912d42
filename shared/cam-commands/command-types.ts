import { z } from 'zod';
import { durationMs } from '../time/duration.ts';
import type { Application } from './contracts.ts';

/** How a failed attempt is followed by the next one. Times in milliseconds. */
export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  /** Attempts that may fail, the first one included (R-3.4: 3 retries). */
  readonly maxAttempts: number;
  /** Attempts that may be lost (agent or workstation died) on top of the failed ones: no fault of the order. */
  readonly maxLost: number;
}

export interface CommandLimits {
  /** How long an order may wait for a workstation. */
  readonly queueMs: number;
  /** How long one run of the CAM program may take. */
  readonly attemptMs: number;
  readonly heartbeatMs: number;
  /** An agent that has not been heard of for this long has lost the attempt. */
  readonly leaseMs: number;
}

/** The part of a command type that its orchestration works by; plain data, recorded in the history of the orchestration. */
export interface CommandPolicy {
  readonly retry: RetryPolicy;
  readonly limits: CommandLimits;
}

export interface CommandType extends CommandPolicy {
  readonly application: Application;
  readonly commandType: string;
  readonly description: string;
  readonly parameters: z.ZodType<Record<string, unknown>>;
}

const DEFAULT_POLICY: CommandPolicy = {
  retry: { firstDelayMs: 1000, factor: 2, maxDelayMs: 60_000, maxAttempts: 4, maxLost: 20 },
  limits: { queueMs: durationMs('P1D'), attemptMs: durationMs('PT30M'), heartbeatMs: 5000, leaseMs: 30_000 },
};

/** Asks the ESPRIT simulator to behave in a certain way; a real ESPRIT pays no attention to it. */
const simulation = z
  .strictObject({
    duration: z
      .string()
      .max(20)
      .regex(/^P(?=[\dT])[\dDHMST.]+$/, 'must be an ISO 8601 duration such as PT3S')
      .optional(),
    fault: z.enum(['licence-busy', 'crash', 'bad-input', 'hang']).optional(),
    faultAttempts: z.array(z.int().min(1).max(100)).max(100).optional(),
  })
  .optional();

const programNumber = z.int().min(1).max(9999).optional();
const postProcessor = z
  .string()
  .max(100)
  .regex(/^[\p{L}\p{N} ._-]+$/u, 'must be the name of a post-processor')
  .optional();

function commandType(
  application: Application,
  name: string,
  description: string,
  parameters: CommandType['parameters'],
): CommandType {
  return { application, commandType: name, description, parameters, ...DEFAULT_POLICY };
}

const DEFINED: readonly CommandType[] = [
  commandType(
    'esprit',
    'GenerateNcProgram',
    'Makes the NC program and the setup sheet of a routing.',
    z.strictObject({ postProcessor, programNumber, simulation }),
  ),
  commandType(
    'esprit',
    'PostProcess',
    'Makes the NC program anew with another post-processor.',
    z.strictObject({ postProcessor, programNumber, simulation }),
  ),
  commandType(
    'esprit',
    'Simulate',
    'Runs the tool paths without making a file.',
    z.strictObject({ simulation }),
  ),
  commandType(
    'esprit',
    'ExportSetupSheet',
    'Makes the setup sheet of a routing.',
    z.strictObject({ simulation }),
  ),
  commandType(
    'solidworks',
    'ExportModel',
    'Exports the model in a neutral format.',
    z.strictObject({ format: z.enum(['step', 'stl', 'parasolid']).optional() }),
  ),
  commandType('solidworks', 'ExtractMetadata', 'Reads the properties of the model.', z.strictObject({})),
];

const duration = z.string().transform((text, ctx) => {
  try {
    return durationMs(text);
  } catch (error) {
    ctx.issues.push({
      code: 'custom',
      message: error instanceof Error ? error.message : String(error),
      input: text,
    });
    return z.NEVER;
  }
});
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const overrideSchema = z
  .strictObject({
    FirstDelay: duration,
    MaxDelay: duration,
    Factor: z.coerce.number().min(1).max(10),
    MaxAttempts: count(1, 100),
    MaxLost: count(0, 1000),
    QueueLimit: duration,
    AttemptLimit: duration,
    Heartbeat: duration,
    Lease: duration,
  })
  .partial();

export class CommandTypes {
  readonly #types: ReadonlyMap<string, CommandType>;

  private constructor(types: readonly CommandType[]) {
    this.#types = new Map(types.map((type) => [key(type.application, type.commandType), type]));
  }

  /**
   * The table of command types with the overrides of the app settings `CamCommands__<type>__<name>` laid over it.
   * @throws {Error} naming the setting that is wrong, or the type that does not exist.
   */
  static create(overrides: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): CommandTypes {
    for (const name of Object.keys(overrides)) {
      if (!DEFINED.some((type) => type.commandType === name)) {
        throw new Error(`CamCommands__${name}__…: there is no command type ${name}`);
      }
    }
    return new CommandTypes(
      DEFINED.map((type) => ({ ...type, ...withOverrides(type, overrides[type.commandType]) })),
    );
  }

  find(application: string, commandTypeName: string): CommandType | undefined {
    return this.#types.get(key(application, commandTypeName));
  }

  all(): readonly CommandType[] {
    return [...this.#types.values()];
  }
}

function withOverrides(
  type: CommandType,
  given: Readonly<Record<string, string>> | undefined,
): CommandPolicy {
  const parsed = overrideSchema.safeParse(given ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(
      `CamCommands__${type.commandType}__${issue?.path.join('__') ?? ''}: ${issue?.message ?? 'is wrong'}`,
    );
  }
  const { data } = parsed;
  const policy: CommandPolicy = {
    retry: {
      firstDelayMs: data.FirstDelay ?? type.retry.firstDelayMs,
      factor: data.Factor ?? type.retry.factor,
      maxDelayMs: data.MaxDelay ?? type.retry.maxDelayMs,
      maxAttempts: data.MaxAttempts ?? type.retry.maxAttempts,
      maxLost: data.MaxLost ?? type.retry.maxLost,
    },
    limits: {
      queueMs: data.QueueLimit ?? type.limits.queueMs,
      attemptMs: data.AttemptLimit ?? type.limits.attemptMs,
      heartbeatMs: data.Heartbeat ?? type.limits.heartbeatMs,
      leaseMs: data.Lease ?? type.limits.leaseMs,
    },
  };
  if (policy.limits.leaseMs < 2 * policy.limits.heartbeatMs) {
    throw new Error(`CamCommands__${type.commandType}__Lease: must be at least twice the heartbeat`);
  }
  return policy;
}

function key(application: string, commandTypeName: string): string {
  return `${application}/${commandTypeName}`;
}
