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
  /** By how much a delay may be shortened at random, 0 to 1: commands that failed together do not come back together. */
  readonly jitter: number;
  /** Errors that no further attempt can mend, whatever the adapter says of them. */
  readonly permanentCodes: readonly string[];
}

/** What MCMS does by itself about a command that failed for good. */
export interface ReprocessPolicy {
  /** Runs it may start by itself; then a person decides. */
  readonly times: number;
  /** Counted from the failure. The operators have been told before, or it waits for that. */
  readonly afterMs: number;
}

export interface CommandLimits {
  /** How long an order may wait for a workstation. */
  readonly queueMs: number;
  /** How long one run of the CAM program may take. */
  readonly attemptMs: number;
  /** How long the whole command may take, waits and retries included; time in which it was paused does not count. */
  readonly commandMs: number;
  readonly heartbeatMs: number;
  /** An agent that has not been heard of for this long has lost the attempt. */
  readonly leaseMs: number;
}

/** The part of a command type that its orchestration works by; plain data, recorded in the history of the orchestration. */
export interface CommandPolicy {
  readonly retry: RetryPolicy;
  readonly limits: CommandLimits;
}

/** What a workstation must offer for a type. Post-processor and machine come from the order (`wantedOf`). */
export interface AbilityWanted {
  /** Least version of the application, dotted numbers; any when left out. */
  readonly minVersion?: string | undefined;
}

export interface CommandType extends CommandPolicy {
  readonly application: Application;
  readonly commandType: string;
  readonly description: string;
  readonly parameters: z.ZodType<Record<string, unknown>>;
  readonly ability: AbilityWanted;
  /** Licences that runs of this type take from, shared by all workstations (`LicencePools__<pool>` says how many there are). */
  readonly licencePool: string;
  readonly reprocess: ReprocessPolicy;
}

const DEFAULTS = {
  retry: {
    firstDelayMs: 1000,
    factor: 2,
    maxDelayMs: 60_000,
    maxAttempts: 4,
    maxLost: 20,
    jitter: 0.2,
    permanentCodes: ['INPUT_INVALID', 'ADAPTER_PROTOCOL', 'PARAMETERS_INVALID'],
  },
  limits: {
    queueMs: durationMs('P1D'),
    attemptMs: durationMs('PT30M'),
    commandMs: durationMs('P2D'),
    heartbeatMs: 5000,
    leaseMs: 30_000,
  },
  reprocess: { times: 1, afterMs: durationMs('PT10M') },
  ability: {},
} as const satisfies Partial<CommandType>;

/** The shortest that the agent takes. */
const SHORTEST_HEARTBEAT_MS = 100;

/** Asks a simulator to behave in a certain way; a real CAM program pays no attention to it. */
const simulation = z
  .strictObject({
    duration: z
      .string()
      .max(20)
      .regex(/^P(?=[\dT])[\dDHMST.]+$/, 'must be an ISO 8601 duration such as PT3S')
      .optional(),
    fault: z.enum(['licence-busy', 'crash', 'bad-input', 'hang']).optional(),
    /** Attempts of a run that meet the fault; default the first. */
    faultAttempts: z.array(z.int().min(1).max(100)).max(100).optional(),
    /** Runs of the command that meet it; default all. */
    faultRuns: z.array(z.int().min(1).max(100)).max(100).optional(),
  })
  .optional();

const programNumber = z.int().min(1).max(9999).optional();
const postProcessor = z
  .string()
  .max(100)
  .regex(/^[\p{L}\p{N} ._-]+$/u, 'must be the name of a post-processor')
  .optional();

/** The licence pools of the applications. */
export const LICENCE_POOLS = ['esprit', 'solidworks'] as const;
export type LicencePool = (typeof LICENCE_POOLS)[number];

function commandType(
  application: Application,
  name: string,
  description: string,
  parameters: CommandType['parameters'],
): CommandType {
  return {
    application,
    commandType: name,
    description,
    parameters,
    licencePool: application satisfies LicencePool,
    ...DEFAULTS,
  };
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
    z.strictObject({ format: z.enum(['step', 'stl', 'parasolid']).optional(), simulation }),
  ),
  commandType(
    'solidworks',
    'ExtractMetadata',
    'Reads the properties of the model.',
    z.strictObject({ simulation }),
  ),
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
    Jitter: z.coerce.number().min(0).max(1),
    PermanentCodes: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*(,[A-Z][A-Z0-9_]*)*$/, 'must be codes separated by commas')
      .transform((codes) => codes.split(',')),
    QueueLimit: duration,
    AttemptLimit: duration,
    CommandLimit: duration,
    Reprocess: count(0, 10),
    ReprocessAfter: duration,
    MinVersion: z.string().regex(/^\d+(\.\d+)*$/, 'must be a version such as 2024 or 2024.1'),
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
): Pick<CommandType, 'retry' | 'limits' | 'reprocess' | 'ability'> {
  const parsed = overrideSchema.safeParse(given ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(
      `CamCommands__${type.commandType}__${issue?.path.join('__') ?? ''}: ${issue?.message ?? 'is wrong'}`,
    );
  }
  const { data } = parsed;
  const policy = {
    retry: {
      firstDelayMs: data.FirstDelay ?? type.retry.firstDelayMs,
      factor: data.Factor ?? type.retry.factor,
      maxDelayMs: data.MaxDelay ?? type.retry.maxDelayMs,
      maxAttempts: data.MaxAttempts ?? type.retry.maxAttempts,
      maxLost: data.MaxLost ?? type.retry.maxLost,
      jitter: data.Jitter ?? type.retry.jitter,
      permanentCodes: data.PermanentCodes ?? type.retry.permanentCodes,
    },
    limits: {
      queueMs: data.QueueLimit ?? type.limits.queueMs,
      attemptMs: data.AttemptLimit ?? type.limits.attemptMs,
      commandMs: data.CommandLimit ?? type.limits.commandMs,
      heartbeatMs: data.Heartbeat ?? type.limits.heartbeatMs,
      leaseMs: data.Lease ?? type.limits.leaseMs,
    },
    reprocess: {
      times: data.Reprocess ?? type.reprocess.times,
      afterMs: data.ReprocessAfter ?? type.reprocess.afterMs,
    },
    ability: { minVersion: data.MinVersion ?? type.ability.minVersion },
  };
  const wrong = contradictionsIn(policy).find(({ holds }) => !holds);
  if (wrong) {
    const setting = wrong.settings.find((name) => name in data) ?? wrong.settings[0];
    throw new Error(`CamCommands__${type.commandType}__${setting}: ${wrong.rule}`);
  }
  return policy;
}

interface Rule {
  /** Those that it is about; the one that somebody set is named. */
  readonly settings: readonly [string, ...string[]];
  readonly holds: boolean;
  readonly rule: string;
}

/** What must hold between the settings of a type, the defaults of those that were left out included. */
function contradictionsIn({ retry, limits }: CommandPolicy): readonly Rule[] {
  const { queueMs, attemptMs, commandMs, heartbeatMs, leaseMs } = limits;
  const { firstDelayMs, maxDelayMs } = retry;
  return [
    {
      settings: ['Heartbeat'],
      holds: heartbeatMs >= SHORTEST_HEARTBEAT_MS,
      rule: `must be at least ${SHORTEST_HEARTBEAT_MS} ms`,
    },
    {
      settings: ['Lease', 'Heartbeat'],
      holds: leaseMs >= 2 * heartbeatMs,
      rule: `Lease (${leaseMs} ms) must be at least twice Heartbeat (${heartbeatMs} ms)`,
    },
    { settings: ['QueueLimit'], holds: queueMs > 0, rule: 'must be more than nothing' },
    { settings: ['AttemptLimit'], holds: attemptMs > 0, rule: 'must be more than nothing' },
    {
      settings: ['QueueLimit', 'CommandLimit'],
      holds: queueMs <= commandMs,
      rule: `QueueLimit (${queueMs} ms) must not be longer than CommandLimit (${commandMs} ms)`,
    },
    {
      settings: ['AttemptLimit', 'CommandLimit'],
      holds: attemptMs <= commandMs,
      rule: `AttemptLimit (${attemptMs} ms) must not be longer than CommandLimit (${commandMs} ms)`,
    },
    {
      settings: ['MaxDelay', 'FirstDelay'],
      holds: maxDelayMs >= firstDelayMs,
      rule: `MaxDelay (${maxDelayMs} ms) must not be shorter than FirstDelay (${firstDelayMs} ms)`,
    },
  ];
}

function key(application: string, commandTypeName: string): string {
  return `${application}/${commandTypeName}`;
}
