import { sql } from 'kysely';
import type { CapabilityName } from '../data/capabilities.ts';
import type { Database } from '../data/index.ts';
import { createLogger } from '../telemetry/index.ts';
import { errorNumber } from './permission.ts';

const INVALID_OBJECT_NAME = 208;
const log = createLogger('sql-upkeep');

/** The capabilities found when the database was migrated; none on SQLite. */
export async function readCapabilities(database: Database): Promise<ReadonlySet<string>> {
  if (database.dialect !== 'mssql') return new Set();
  try {
    const { rows } = await sql<{
      name: string;
    }>`select name from dbo.McmsCapability where available = 1`.execute(database.read);
    return new Set(rows.map((row) => row.name));
  } catch (error) {
    if (errorNumber(error) === INVALID_OBJECT_NAME) return new Set();
    throw error;
  }
}

/**
 * Whether the database has one of the capabilities that a piece of upkeep is for. That it has none is said once; it is asked anew each
 * time, because a later migration may find one.
 */
export class CapabilityGate {
  readonly #upkeep: string;
  readonly #needed: readonly CapabilityName[];
  #said = false;

  constructor(upkeep: string, needed: readonly CapabilityName[]) {
    this.#upkeep = upkeep;
    this.#needed = needed;
  }

  async isOpen(source: { capabilities(): Promise<ReadonlySet<string>> }): Promise<boolean> {
    const available = await source.capabilities();
    if (this.#needed.some((capability) => available.has(capability))) return true;
    if (!this.#said)
      log.info('upkeep has nothing to do here: the database lacks the capability', {
        upkeep: this.#upkeep,
        needed: this.#needed,
      });
    this.#said = true;
    return false;
  }
}
