import { describe, expect, it } from '@jest/globals';
import type {
  ColumnstoreRepository,
  PlanRepository,
  StatementRepository,
} from '../../shared/sql-upkeep/index.ts';
import { withLogSink } from '../../shared/telemetry/index.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { invokeRegistered } from '../../tests/support/functions-core.ts';
import {
  createColumnstoreRepository,
  createPlanRepository,
  createStatementRepository,
} from '../../shared/sql-upkeep/index.ts';
import { registerColumnstoreMaintenance } from './columnstore-maintenance.ts';
import { registerLongStatementWatch } from './long-statement-watch.ts';
import { registerPlanRegressionGuard } from './plan-regression-guard.ts';

const clock = { now: () => new Date('2026-05-10T12:00:00.000Z') };
const TIMER = { json: JSON.stringify({ isPastDue: false }) };

/** A repository that notes its calls and has nothing to tell. */
function recorder(answers: Readonly<Record<string, unknown>>) {
  const calls: string[] = [];
  const capabilities = ['in-memory-oltp'];
  const repository = new Proxy(
    {},
    {
      get: (_target, name) => async () => {
        if (name === 'capabilities') return new Set(capabilities);
        calls.push(String(name));
        return answers[String(name)];
      },
    },
  );
  return { calls, capabilities, repository };
}

/** What each timer asks for first where its capability is there. */
const TIMERS = [
  {
    name: 'columnstore-maintenance',
    capability: 'columnstore',
    first: 'rowGroups',
    answers: { rowGroups: [] },
    register: (repository: unknown) =>
      registerColumnstoreMaintenance({ columnstore: repository as ColumnstoreRepository }),
  },
  {
    name: 'plan-regression-guard',
    capability: 'query-store',
    first: 'tuning',
    answers: {
      tuning: { engineForces: true, queryStore: 'READ_WRITE', readOnlyReason: 0 },
      forcings: [],
      recommendations: [],
    },
    register: (repository: unknown) =>
      registerPlanRegressionGuard({ plans: repository as PlanRepository, clock }),
  },
  {
    name: 'long-statement-watch',
    capability: 'server-event-session',
    first: 'read',
    answers: { read: { running: true, incomplete: false, events: [] } },
    register: (repository: unknown) =>
      registerLongStatementWatch({ statements: repository as StatementRepository }),
  },
] as const;

describe.each(TIMERS)('the timer $name', ({ name, capability, first, answers, register }) => {
  it('leaves a database alone that lacks the capability, says so once, and begins when it is there', async () => {
    const { calls, capabilities, repository } = recorder(answers);
    register(repository);
    const lines: Record<string, unknown>[] = [];
    await withLogSink(
      (_level, line) => lines.push(JSON.parse(line) as Record<string, unknown>),
      async () => {
        await invokeRegistered(name, TIMER);
        await invokeRegistered(name, TIMER);
      },
    );
    expect(calls).toEqual([]);
    expect(lines).toMatchObject([{ level: 'info', upkeep: name }]);

    capabilities.push(capability);
    await invokeRegistered(name, TIMER);
    expect(calls[0]).toBe(first);
  });
});

describe('the timers of upkeep', () => {
  it('do nothing on SQLite', async () => {
    const { database } = await createTestDatabase();
    const never = () => Promise.reject(new Error('no second connection is opened'));
    for (const repository of [
      createColumnstoreRepository(database, never),
      createPlanRepository(database),
      createStatementRepository(database),
    ]) {
      expect(await repository.capabilities()).toEqual(new Set());
    }
  });
});
