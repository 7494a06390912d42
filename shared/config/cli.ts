import { resolve } from 'node:path';
import { z } from 'zod';
import { type Environment, port, readSettings, sqlConnection } from './settings.ts';

/** What the command-line tools and the local supervisor read. */
export interface CliSettings {
  /** Absolute path; everything written on this machine goes below it. */
  readonly stateDir: string;
  /** The database the tools work on; default: SQLite in the state folder. */
  readonly sqlConnection: string;
  readonly ports: {
    readonly http: number;
    readonly blob: number;
    readonly amqp: number;
    readonly identity: number;
  };
  readonly cmdHosts: number;
  readonly seed: 'none' | 'demo';
}

const schema = z.looseObject({
  MCMS_STATE_DIR: z.string().default('.local'),
  SqlConnection: sqlConnection().optional(),
  MCMS_PORT: port(7071),
  MCMS_BLOB_PORT: port(10_000),
  MCMS_AMQP_PORT: port(5672),
  MCMS_IDENTITY_PORT: port(7072),
  MCMS_CMDHOSTS: z
    .string()
    .regex(/^\d{1,2}$/, 'must be a number from 0 to 99')
    .transform(Number)
    .default(1),
  MCMS_SEED: z.enum(['none', 'demo'], 'must be none or demo').default('demo'),
});

/**
 * Reads the settings of the command-line tools; relative paths count from `cwd`.
 * @throws {SettingsError} one error that names every wrong setting.
 */
export function readCliSettings(environment: Environment, cwd: string): CliSettings {
  const env = readSettings(schema, environment);
  const stateDir = resolve(cwd, env.MCMS_STATE_DIR);
  return {
    stateDir,
    sqlConnection: env.SqlConnection ?? `sqlite:${resolve(stateDir, 'mcms.db')}`,
    ports: {
      http: env.MCMS_PORT,
      blob: env.MCMS_BLOB_PORT,
      amqp: env.MCMS_AMQP_PORT,
      identity: env.MCMS_IDENTITY_PORT,
    },
    cmdHosts: env.MCMS_CMDHOSTS,
    seed: env.MCMS_SEED,
  };
}
