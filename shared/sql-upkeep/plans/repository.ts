import { sql } from 'kysely';
import { type Database, typed } from '../../data/index.ts';
import { bigint, bit, int } from '../../data/sql-type.ts';
import { readCapabilities } from '../capabilities.ts';
import { ifPermitted } from '../permission.ts';
import { OUTCOMES, type Outcome, type PlanForcing, type PlanTuning, type Recommendation } from './decide.ts';
import type { PlanRuntime, Regression } from './regressions.ts';

/** Query Store and tuning, through the owner's procedures of infra/sql/mssql/0014. */
export interface PlanRepository {
  capabilities(): Promise<ReadonlySet<string>>;
  tuning(): Promise<PlanTuning | undefined>;
  /** Undefined where the app may not see them. */
  recommendations(): Promise<readonly Recommendation[] | undefined>;
  runtimes(span: {
    readonly recentMinutes: number;
    readonly historyMinutes: number;
  }): Promise<readonly PlanRuntime[]>;
  /** Open ones, and those that ended in the last minutes given. */
  forcings(closedMinutes: number): Promise<readonly PlanForcing[]>;
  queryText(queryId: number): Promise<QueryText | undefined>;
  force(regression: Regression): Promise<void>;
  end(forcing: PlanForcing, ending: { readonly outcome: Outcome; readonly unforce: boolean }): Promise<void>;
}

export interface QueryText {
  /** Its first 400 characters. */
  readonly queryText: string;
  readonly queryHash: string;
}

export function createPlanRepository(database: Database): PlanRepository {
  const { read } = database;
  return {
    capabilities: () => readCapabilities(database),
    async tuning() {
      const { rows } = await sql<TuningRow>`exec mcms.ReadPlanTuning`.execute(read);
      return rows[0] && toTuning(rows[0]);
    },
    recommendations: () =>
      ifPermitted(async () => {
        const { rows } = await sql<Row<Recommendation>>`exec mcms.ListPlanRecommendations`.execute(read);
        return rows.map(toRecommendation);
      }),
    async runtimes({ recentMinutes, historyMinutes }) {
      const { rows } = await sql<
        Row<PlanRuntime>
      >`exec mcms.ListPlanRuntimes @recentMinutes = ${typed(int, recentMinutes)}, @historyMinutes = ${typed(int, historyMinutes)}`.execute(
        read,
      );
      return rows.map(toRuntime);
    },
    async forcings(closedMinutes) {
      const { rows } = await sql<
        Row<PlanForcing>
      >`exec mcms.ListPlanForcings @closedMinutes = ${typed(int, closedMinutes)}`.execute(read);
      return rows.map(toForcing);
    },
    async queryText(queryId) {
      const { rows } =
        await sql<QueryText>`exec mcms.ReadQueryText @queryId = ${typed(bigint, queryId)}`.execute(read);
      return rows[0];
    },
    async force(regression) {
      await sql`exec mcms.ForceQueryPlan @queryId = ${typed(bigint, regression.queryId)}, @planId = ${typed(bigint, regression.goodPlanId)}, @regressedPlanId = ${typed(bigint, regression.regressedPlanId)}, @regressedCpuMicros = ${typed(bigint, Math.round(regression.regressedCpuMicros))}, @goodCpuMicros = ${typed(bigint, Math.round(regression.goodCpuMicros))}`.execute(
        read,
      );
    },
    async end({ seq }, { outcome, unforce }) {
      await sql`exec mcms.EndPlanForcing @seq = ${typed(bigint, seq)}, @unforce = ${typed(bit, Number(unforce))}, @outcome = ${typed(int, OUTCOMES[outcome])}`.execute(
        read,
      );
    },
  };
}

/** As the driver gives it: `bigint` as text, `bit` as 0 or 1. */
type Row<T> = { readonly [K in keyof T]: T[K] | string | number | null };

interface TuningRow {
  readonly forceLastGoodPlan: string | null;
  readonly queryStore: string;
  readonly readOnlyReason: number | null;
}

function toTuning(row: TuningRow): PlanTuning {
  return {
    engineForces: row.forceLastGoodPlan === 'ON',
    queryStore: row.queryStore,
    readOnlyReason: row.readOnlyReason ?? 0,
  };
}

function toRecommendation(row: Row<Recommendation>): Recommendation {
  return {
    name: String(row.name),
    reason: String(row.reason),
    state: String(row.state),
    stateReason: textOrNull(row.stateReason),
    executable: Number(row.executable) !== 0,
    queryId: Number(row.queryId),
    regressedPlanId: Number(row.regressedPlanId),
    recommendedPlanId: Number(row.recommendedPlanId),
    regressedExecutions: Number(row.regressedExecutions),
    regressedErrors: Number(row.regressedErrors),
    regressedCpuMicros: Number(row.regressedCpuMicros),
    recommendedExecutions: Number(row.recommendedExecutions),
    recommendedErrors: Number(row.recommendedErrors),
    recommendedCpuMicros: Number(row.recommendedCpuMicros),
  };
}

function toRuntime(row: Row<PlanRuntime>): PlanRuntime {
  return {
    queryId: Number(row.queryId),
    planId: Number(row.planId),
    recent: Number(row.recent) !== 0,
    executions: Number(row.executions),
    cpuMicros: Number(row.cpuMicros),
    cpuDeviation: Number(row.cpuDeviation),
    forced: Number(row.forced) !== 0,
  };
}

function toForcing(row: Row<PlanForcing>): PlanForcing {
  return {
    seq: Number(row.seq),
    queryId: Number(row.queryId),
    planId: Number(row.planId),
    regressedPlanId: Number(row.regressedPlanId),
    regressedCpuMicros: Number(row.regressedCpuMicros),
    goodCpuMicros: Number(row.goodCpuMicros),
    forcedAt: String(row.forcedAt),
    endedAt: textOrNull(row.endedAt),
    outcome: numberOrNull(row.outcome),
    forced: row.forced === null ? null : Number(row.forced) !== 0,
    forcingType: textOrNull(row.forcingType),
    failures: Number(row.failures ?? 0),
    failureReason: textOrNull(row.failureReason),
    executionsAfter: Number(row.executionsAfter),
    cpuMicrosAfter: numberOrNull(row.cpuMicrosAfter),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOrNull(value: string | number | null): number | null {
  return value === null ? null : Number(value);
}
