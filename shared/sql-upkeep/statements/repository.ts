import { sql } from 'kysely';
import type { Database } from '../../data/index.ts';
import { readCapabilities } from '../capabilities.ts';
import { ifPermitted } from '../permission.ts';
import type { StatementEvent } from './report.ts';

export interface StatementEvents {
  /** The event session is there and started. */
  readonly running: boolean;
  /** Something was lost before it was read. */
  readonly incomplete: boolean;
  /** Since the last round that was accepted. */
  readonly events: readonly StatementEvent[];
}

/** The event session of infra/sql/mssql/0016 or 0017. */
export interface StatementRepository {
  capabilities(): Promise<ReadonlySet<string>>;
  /** Undefined where the app may not see it. */
  read(): Promise<StatementEvents | undefined>;
  /** What was read last has been reported: the next round begins behind it. */
  accept(): Promise<void>;
}

export function createStatementRepository(database: Database): StatementRepository {
  return {
    capabilities: () => readCapabilities(database),
    read: () =>
      ifPermitted(async () => {
        const { rows } = await sql<EventRow>`exec mcms.ReadStatementEvents`.execute(database.read);
        return toStatementEvents(rows);
      }),
    async accept() {
      await sql`exec mcms.AcceptStatementEvents`.execute(database.read);
    },
  };
}

/** `bigint` arrives as text, `bit` as 0 or 1. */
interface EventRow {
  readonly kind: 'buffer' | StatementEvent['kind'];
  readonly at: string;
  readonly queryHash: string | null;
  readonly queryText: string | null;
  readonly durationMs: string | number | null;
  readonly cpuMs: string | number | null;
  readonly logicalReads: string | number | null;
  readonly waitType: string | null;
  readonly running: number;
  readonly incomplete: number;
}

export function toStatementEvents(rows: readonly EventRow[]): StatementEvents {
  const buffer = rows.find((row) => row.kind === 'buffer');
  return {
    running: buffer?.running === 1,
    incomplete: buffer?.incomplete === 1,
    events: rows.flatMap(({ kind, at, queryHash, queryText, waitType, ...row }) =>
      kind === 'buffer'
        ? []
        : {
            kind,
            at,
            queryHash,
            queryText,
            waitType,
            durationMs: Number(row.durationMs ?? 0),
            cpuMs: row.cpuMs === null ? null : Number(row.cpuMs),
            logicalReads: row.logicalReads === null ? null : Number(row.logicalReads),
          },
    ),
  };
}
