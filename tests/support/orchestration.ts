import { randomUUID } from 'node:crypto';
import { app } from '@azure/functions';
import type { AppDeps } from '../../functions/deps.ts';
import { agentRoutes } from '../../functions/http/agent.ts';
import { bulkActionRoutes } from '../../functions/http/bulk-actions.ts';
import { commandFailureRoutes } from '../../functions/http/command-failures.ts';
import { commandTypeRoutes } from '../../functions/http/command-types.ts';
import { commandRoutes } from '../../functions/http/commands.ts';
import { itemRoutes } from '../../functions/http/items.ts';
import { operatorActionRoutes } from '../../functions/http/operator-actions.ts';
import { pauseRoutes } from '../../functions/http/pauses.ts';
import { routingRoutes } from '../../functions/http/routings.ts';
import { workstationRoutes } from '../../functions/http/workstations.ts';
import { registerCamCommands } from '../../functions/messaging/cam-commands.ts';
import { registerCamResults } from '../../functions/messaging/cam-results.ts';
import { registerOrchestrations } from '../../functions/orchestrations/register.ts';
import { registerAttemptWatchdog } from '../../functions/timers/attempt-watchdog.ts';
import { registerCommandWatch } from '../../functions/timers/command-watch.ts';
import { registerBulkRunner } from '../../functions/timers/bulk-runner.ts';
import { registerOutboxRelay } from '../../functions/timers/outbox-relay.ts';
import { registerReprocess } from '../../functions/timers/reprocess.ts';
import { registerWorkSweeper } from '../../functions/timers/work-sweeper.ts';
import { clientBinding } from '../../local/durable-task/client-binding.ts';
import type core from '../../local/functions-host/functions-core.cjs';
import { CommandTypes, type LicencePools } from '../../shared/cam-commands/index.ts';
import type { AnnounceRequest, Job, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import type { Database } from '../../shared/data/index.ts';
import { silentNotices } from '../../shared/notifications/index.ts';
import { outputStagingName } from '../../shared/files/index.ts';
import { type Route, createApi } from '../../shared/http/index.ts';
import { type Harness, startHarness } from '../contract/durable-task/harness.ts';
import { createTestDatabase } from './database.ts';
import { invokeRegistered, registeredFunction } from './functions-core.ts';
import { tokensOf } from './http-pipeline.ts';
import { memoryIdempotencyStore } from './memory-idempotency-store.ts';
import { type HttpReply, callRoute } from './orchestration-http.ts';
import {
  type MemoryContentStore,
  type RecordingSender,
  type SwitchableDatabase,
  memoryContentStore,
  recordingSender,
  sha256Of,
  switchableDatabase,
} from './orchestration-parts.ts';
import { CALLERS, type Caller } from './shop-api.ts';

/** One call of a function; a test may throw from it, or switch something, to disturb that call. */
export type CallHook = (functionName: string, input: unknown) => void;

interface World {
  readonly database: Database;
  readonly harness: Harness;
  readonly commandTypes: CommandTypes;
  readonly licencePools: LicencePools;
  readonly onCall: CallHook;
}

/**
 * The functions of CAM commands as one app: registered once per test file, run over a database, content store and Durable backend
 * of the test's own. Every call goes through the programming model, every wait through a clock that the test moves.
 */
let world: World | undefined;
let parts:
  | {
      readonly sender: RecordingSender;
      readonly content: MemoryContentStore;
      readonly database: SwitchableDatabase;
      readonly routes: readonly Route[];
    }
  | undefined;

function current(): World {
  if (!world) throw new Error('no rig is started');
  return world;
}

function registerOnce() {
  if (parts) return parts;
  const sender = recordingSender();
  const content = memoryContentStore();
  const database = switchableDatabase(() => current().database);
  const deps: AppDeps = {
    clock: { now: () => current().harness.clock.now() },
    database,
    sender,
    content,
    get commandTypes() {
      return current().commandTypes;
    },
    notices: silentNotices,
    get licencePools() {
      return current().licencePools;
    },
  };
  const api = createApi({
    authenticator: tokensOf({ ...CALLERS, 'cmdhost-2': { ...CALLERS.cmdhost, subject: 'cmdhost-2' } }),
    idempotency: memoryIdempotencyStore(),
    clock: deps.clock,
    checkResponses: true,
  });
  api.register(
    ...itemRoutes(deps),
    ...routingRoutes(deps),
    ...commandRoutes(deps),
    ...commandTypeRoutes(deps),
    ...commandFailureRoutes(deps),
    ...bulkActionRoutes(deps),
    ...operatorActionRoutes(deps),
    ...agentRoutes(deps),
    ...pauseRoutes(deps),
    ...workstationRoutes(deps),
  );
  registerCamCommands(deps);
  registerCamResults(deps);
  registerOrchestrations(deps);
  registerAttemptWatchdog(deps);
  registerBulkRunner(deps);
  registerOutboxRelay(deps);
  registerWorkSweeper(deps);
  registerCommandWatch(deps);
  registerReprocess(deps);
  app.hook.preInvocation(({ invocationContext, inputs }) => {
    current().onCall(invocationContext.functionName, inputs[0]);
  });
  parts = { sender, content, database, routes: api.routes };
  return parts;
}

export interface OrchestrationRig {
  readonly harness: Harness;
  readonly database: SwitchableDatabase;
  readonly sender: RecordingSender;
  readonly content: MemoryContentStore;
  readonly routingId: string;
  /** Called with every function call, orchestrator turns included. */
  onCall: CallHook;
  http(
    method: string,
    target: string,
    options?: { as?: Caller | 'cmdhost-2'; json?: unknown; headers?: Record<string, string> },
  ): Promise<HttpReply>;
  /** Hands a message to the function that listens to its queue, as the host does. */
  deliver(queue: 'esprit-commands' | 'esprit-results', body: unknown, properties?: unknown): Promise<void>;
  /** Runs a timer function once and lets follow what follows. */
  tick(
    timer:
      'attempt-watchdog' | 'bulk-runner' | 'command-watch' | 'outbox-relay' | 'reprocess' | 'work-sweeper',
  ): Promise<void>;
  /** Runs the work sweeper once; the bells that it rang. */
  sweep(): Promise<unknown[]>;
  /** Orders through the API and brings the message to the orchestration; the command's id. */
  order(body?: Record<string, unknown>): Promise<string>;
  /** Claims as workstation WS-1 through the API; undefined when there is nothing. */
  claim(claimId?: string): Promise<Job | undefined>;
  /** Sends what the agent would report about a job. */
  report(job: Job, result: Partial<ResultMessage> & Pick<ResultMessage, 'kind'>): Promise<ResultMessage>;
  /** Puts a file where the agent's upload link points; its entry in the result. */
  upload(job: Job, fileName: string, text: string): NonNullable<ResultMessage['outputs']>[number];
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

export interface RigOptions {
  /** Overrides of command types, as in the app settings. */
  readonly types?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Seats of licence pools; default: no limits. */
  readonly licencePools?: LicencePools;
}

export const WORKSTATION = 'WS-1';

/** A world with one routing and one announced workstation. */
export async function startRig(options: RigOptions = {}): Promise<OrchestrationRig> {
  const { sender, content, database, routes } = registerOnce();
  Object.assign(sender, { away: false });
  sender.sent.length = 0;
  Object.assign(content, { away: false });
  content.staged.clear();
  content.stored.clear();
  Object.assign(database, { away: false, loseAnswers: 0 });
  const harness = await startHarness();
  const inner = await createTestDatabase();
  const commandTypes = CommandTypes.create(options.types);

  const rig: OrchestrationRig = {
    harness,
    database,
    sender,
    content,
    routingId: '',
    onCall: () => {},
    http: (method, target, { as = 'engineer', json, headers } = {}) =>
      callRoute(
        routes,
        { method, target, headers: { authorization: `Bearer ${as}`, ...headers }, json },
        clientInputs,
      ),
    async deliver(queue, body, properties = {}) {
      const name = queue === 'esprit-commands' ? 'cam-commands' : 'cam-results';
      const trigger = typeof body === 'string' ? { string: body } : { json: JSON.stringify(body) };
      await invokeRegistered(name, trigger, {
        inputs: clientInputs(name),
        triggerMetadata: {
          MessageId: { json: JSON.stringify('message-1') },
          DeliveryCount: { json: '1' },
          ApplicationProperties: { json: JSON.stringify(properties) },
        },
        log: () => {},
      });
      await harness.idle();
    },
    async sweep() {
      const before = sender.to('esprit-dispatch').length;
      await rig.tick('work-sweeper');
      return sender
        .to('esprit-dispatch')
        .slice(before)
        .map(({ body }) => body);
    },
    async tick(timer) {
      await invokeRegistered(timer, { json: '{}' }, { inputs: clientInputs(timer), log: () => {} });
      await harness.idle();
    },
    async order(body = {}) {
      const json = { application: 'esprit', commandType: 'GenerateNcProgram', ...body };
      const reply = await rig.http('POST', `routings/${rig.routingId}/commands`, { json });
      if (reply.status !== 202) throw new Error(JSON.stringify(reply.json));
      const message = sender.to('esprit-commands').at(-1);
      await rig.deliver('esprit-commands', message?.body, { 'Diagnostic-Id': message?.traceparent });
      return String(reply.json['commandId']);
    },
    async claim(claimId = randomUUID()) {
      const reply = await rig.http('POST', 'agent/claim', {
        as: 'cmdhost',
        json: { schemaVersion: 1, workstation: WORKSTATION, claimId, applications: ['esprit'] },
      });
      if (reply.status === 204) return undefined;
      if (reply.status !== 200) throw new Error(JSON.stringify(reply.json));
      return reply.json as unknown as Job;
    },
    async report(job, result) {
      const now = harness.clock.now().toISOString();
      const { commandId, run, attempt, attemptId, fence } = job;
      const message: ResultMessage = {
        schemaVersion: 1,
        commandId,
        run,
        attempt,
        attemptId,
        fence,
        workstation: WORKSTATION,
        startedAt: now,
        endedAt: now,
        ...result,
      };
      await rig.deliver('esprit-results', message);
      return message;
    },
    upload(job, fileName, text) {
      const sha256 = sha256Of(text);
      content.staged.set(outputStagingName(job.attemptId, sha256), Buffer.from(text));
      return {
        fileName,
        role: 'nc-program',
        contentType: 'text/plain',
        sizeBytes: Buffer.byteLength(text),
        sha256,
      };
    },
    pass: (ms) => harness.pass(ms),
    dispose: async () => {
      world = undefined;
      await harness.dispose();
    },
  };
  world = {
    database: inner.database,
    harness,
    commandTypes,
    licencePools: options.licencePools ?? {},
    onCall: (name, input) => rig.onCall(name, input),
  };
  return Object.assign(rig, { routingId: await makeShop(rig) });
}

async function makeShop(rig: OrchestrationRig): Promise<string> {
  const step = { sequence: 10, machine: 'M1', processDescription: 'Face top' };
  const made = [
    await rig.http('POST', 'items', { json: { itemCode: 'P-100', name: 'Bracket' } }),
    await rig.http('POST', 'items/P-100/revisions', { json: { revisionCode: 'A' } }),
    await rig.http('POST', 'routings', {
      json: {
        itemCode: 'P-100',
        revisionCode: 'A',
        routingCode: 'R1',
        name: 'Milling',
        machine: 'M1',
        steps: [step],
      },
    }),
    await announce(rig),
  ];
  const refused = made.find((reply) => reply.status >= 300);
  if (refused) throw new Error(JSON.stringify(refused.json));
  return String(made[2]?.json['routingId']);
}

/** Announces WS-1 as `cmdhost`, or what is given. */
export function announce(
  rig: OrchestrationRig,
  { as = 'cmdhost', ...facts }: { as?: Caller | 'cmdhost-2' } & Partial<AnnounceRequest> = {},
): Promise<HttpReply> {
  return rig.http('POST', 'agent/announce', {
    as,
    json: {
      schemaVersion: 1,
      workstation: WORKSTATION,
      bootId: randomUUID(),
      agentVersion: '1.0.0',
      applications: ['esprit'],
      seats: 4,
      ...facts,
    },
  });
}

/** Claims a job that has to be there. */
export async function mustClaim(rig: OrchestrationRig): Promise<Job> {
  const job = await rig.claim();
  if (!job) throw new Error('there is nothing to claim');
  return job;
}

/** One heartbeat of a run that has started. */
export function heartbeat(
  rig: OrchestrationRig,
  job: Job,
  given: { as?: Caller | 'cmdhost-2'; fence?: number } = {},
): Promise<HttpReply> {
  return rig.http('POST', `agent/attempts/${job.attemptId}/heartbeat`, {
    as: given.as ?? 'cmdhost',
    json: {
      schemaVersion: 1,
      fence: given.fence ?? job.fence,
      startedAt: '2030-01-01T00:00:00.000Z',
      phase: 'posting',
      percent: 50,
      logTail: ['line'],
    },
  });
}

/** Data of a function's Durable client input, if it has one. */
function clientInputs(functionName: string): Record<string, core.TypedData> {
  const { bindings } = registeredFunction(functionName).metadata;
  const client = Object.entries(bindings).find(([, binding]) => binding.type === 'durableClient');
  if (!client) return {};
  return { [client[0]]: { json: JSON.stringify(clientBinding('TestHub', current().harness.rpcBaseUrl)) } };
}
