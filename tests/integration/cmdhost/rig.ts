import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServiceBusClient, type ServiceBusReceiver } from '@azure/service-bus';
import { type RunningBroker, startBroker } from '../../../local/service-bus/broker.ts';
import { loadQueues } from '../../../local/service-bus/config.ts';
import { type Job, type ResultMessage, resultMessage } from '../../../shared/cam-commands/contracts.ts';
import type { CmdhostConfigFile } from '../../../shared/config/cmdhost.ts';
import { processIdentity } from '../../../cmdhost/processes.ts';
import { createServiceBusClient } from '../../../shared/messaging/index.ts';
import { FakeApi } from './fake-api.ts';

export const SIMULATOR = join(import.meta.dirname, '../../../cmdhost/adapters/esprit-simulator/main.ts');
const AGENT = join(import.meta.dirname, '../../../cmdhost/main.ts');
/** Node's own default place; many short processes of the same programs are started here. */
const COMPILE_CACHE = join(tmpdir(), 'node-compile-cache');
const RESULT_WAIT_MS = 45_000;

interface LedgerLine {
  readonly event: 'start' | 'end';
  readonly attemptId: string;
  readonly pid: number;
}

/** A real agent process between a real broker and a stand-in of the API. Stop it at the end of each test. */
export class Rig {
  readonly api = new FakeApi();
  readonly folder: string;
  readonly #keyFile: string;
  #broker: RunningBroker;
  #bus: ServiceBusClient;
  #results: ServiceBusReceiver;
  readonly #agents: Agent[] = [];

  static async start(): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), 'mcms-cmdhost-'));
    const keyFile = join(folder, 'key.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await mkdir(join(folder, 'bus'));
    const rig = new Rig(folder, keyFile, await openBroker(folder, 0));
    await rig.api.start();
    return rig;
  }

  private constructor(folder: string, keyFile: string, broker: RunningBroker) {
    this.folder = folder;
    this.#keyFile = keyFile;
    this.#broker = broker;
    this.#bus = createServiceBusClient({ connectionString: this.connectionString });
    this.#results = this.#bus.createReceiver('esprit-results');
  }

  get connectionString(): string {
    return (
      `Endpoint=sb://127.0.0.1:${this.#broker.port};SharedAccessKeyName=local;SharedAccessKey=local;` +
      'UseDevelopmentEmulator=true'
    );
  }

  get workFolder(): string {
    return join(this.folder, 'work');
  }

  get ledgerFile(): string {
    return join(this.folder, 'ledger.ndjson');
  }

  async stop(): Promise<void> {
    for (const agent of this.#agents) await agent.kill();
    await this.#bus.close();
    await this.#broker.stop();
    await this.api.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Starts an agent and resolves once it is ready. `environment` is added to that of its process. */
  async agent(changes: Partial<CmdhostConfigFile> = {}, environment: NodeJS.ProcessEnv = {}): Promise<Agent> {
    const agent = await this.bareAgent(changes, environment);
    await agent.ready;
    return agent;
  }

  get configFile(): string {
    return join(this.folder, 'cmdhost.json');
  }

  /** Starts an agent without waiting for it. */
  async bareAgent(
    changes: Partial<CmdhostConfigFile> = {},
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Agent> {
    const file = this.configFile;
    await writeFile(file, JSON.stringify({ ...this.#config(), ...changes }));
    const agent = new Agent(file, environment);
    this.#agents.push(agent);
    return agent;
  }

  /** An adapter of one's own: a script run by Node, given the job file as the simulator is. */
  async adapter(source: string): Promise<CmdhostConfigFile['adapters']> {
    const file = join(this.folder, `${randomUUID()}.mjs`);
    await writeFile(file, source);
    return [{ application: 'esprit', command: [process.execPath, file] }];
  }

  /** Rings, and returns the bell as it stands in the queue until an agent has heard it. */
  async ringBell(workItemId: string = randomUUID()): Promise<unknown> {
    const bell = { schemaVersion: 1, workItemId, application: 'esprit' };
    const sender = this.#bus.createSender('esprit-dispatch');
    await sender.sendMessages({ body: bell });
    await sender.close();
    return bell;
  }

  /** The next result on the queue, taken off it. */
  async result(): Promise<ResultMessage> {
    const [message] = await this.#results.receiveMessages(1, { maxWaitTimeInMs: RESULT_WAIT_MS });
    if (!message)
      throw new Error(`no result within ${RESULT_WAIT_MS} ms; the agent said:\n${this.#output()}`);
    await this.#results.completeMessage(message);
    const result = resultMessage.parse(message.body);
    // As the server does once it has taken a result in: nobody holds the attempt any more.
    this.api.heartbeatAnswers.set(result.attemptId, 'lease-lost');
    return result;
  }

  /** What waits in a queue, left there. */
  async waiting(queue: string): Promise<unknown[]> {
    const receiver = this.#bus.createReceiver(queue);
    const messages = await receiver.peekMessages(100);
    await receiver.close();
    return messages.map(({ body }: { body: unknown }) => body);
  }

  async stopBroker(): Promise<void> {
    await this.#broker.stop();
  }

  /** The same queues at the same address. */
  async restartBroker(): Promise<void> {
    this.#broker = await openBroker(this.folder, this.#broker.port);
    await this.#bus.close();
    this.#bus = createServiceBusClient({ connectionString: this.connectionString });
    this.#results = this.#bus.createReceiver('esprit-results');
  }

  /** What the simulator wrote down about one attempt. */
  async ledger(attemptId: string): Promise<LedgerLine['event'][]> {
    return (await this.#ledger()).filter((line) => line.attemptId === attemptId).map(({ event }) => event);
  }

  /** Offers a job, rings for it and resolves with its result. */
  async run(job: Job): Promise<ResultMessage> {
    this.api.offer(job);
    await this.ringBell();
    return this.result();
  }

  /** Resolves once the simulator is known to work on the attempt, with its process id. Asks for short heartbeats. */
  async machining(attemptId: string): Promise<number> {
    await this.api.seen(() =>
      this.api.heartbeats.find((beat) => beat.attemptId === attemptId && beat.phase === 'Machining'),
    );
    const start = (await this.#ledger()).find((line) => line.attemptId === attemptId);
    if (!start) throw new Error('the simulator works without a line in its ledger');
    return start.pid;
  }

  async #ledger(): Promise<LedgerLine[]> {
    const text = await readFile(this.ledgerFile, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LedgerLine);
  }

  #config(): CmdhostConfigFile {
    return {
      workstation: 'WS-01',
      seats: 4,
      apiUrl: this.api.url,
      serviceBus: { connectionString: this.connectionString },
      identity: {
        tokenEndpoint: `${this.api.url}/token`,
        clientId: 'cmdhost-ws-01',
        privateKeyFile: this.#keyFile,
        scope: 'api://mcms/.default',
      },
      workFolder: this.workFolder,
      adapters: [
        {
          application: 'esprit',
          command: [process.execPath, SIMULATOR],
          environment: { SIMULATOR_LEDGER: this.ledgerFile, NODE_COMPILE_CACHE: COMPILE_CACHE },
        },
      ],
    };
  }

  #output(): string {
    return this.#agents.map(({ output }) => output).join('\n');
  }
}

/** The agent as a child process with an IPC channel, as the supervisor starts it. */
export class Agent {
  readonly process: ChildProcess;
  /** Everything written to standard output and error. */
  output = '';
  /** Resolves with the message that says so; rejects when the process ends first. */
  readonly ready: Promise<unknown>;
  readonly exited: Promise<number | null>;

  constructor(configFile: string, environment: NodeJS.ProcessEnv = {}) {
    this.process = spawn(process.execPath, [AGENT, '--config', configFile], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        AGENT_SECRET: 'do-not-pass-on',
        ...environment,
      },
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    this.exited = once(this.process, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
    this.ready = Promise.race([
      once(this.process, 'message').then(([message]) => message as unknown),
      this.exited.then((code) => {
        throw new Error(`the agent ended with ${String(code)}: ${this.output}`);
      }),
    ]);
    this.ready.catch(() => undefined);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.exited;
  }
}

/** A job with two steps and no inputs; `parameters.simulation` says what the simulator does. */
export function aJob(changes: Partial<Job> = {}): Job {
  return {
    schemaVersion: 1,
    commandId: randomUUID(),
    run: 1,
    attempt: 1,
    attemptId: randomUUID(),
    fence: 7,
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    parameters: {},
    requestedBy: 'engineer@shop.example',
    leaseUntil: new Date(Date.now() + 60_000).toISOString(),
    heartbeatIntervalMs: 200,
    attemptTimeoutMs: 60_000,
    routing: {
      routingId: randomUUID(),
      itemCode: 'BRK-1001',
      revisionCode: 'A',
      routingCode: 'R10',
      name: 'Bracket',
      machine: 'DMG-1',
      camRev: 3,
      steps: [
        {
          sequence: 10,
          machine: 'DMG-1',
          processDescription: 'Face top',
          toolInformation: 'T1 FACE MILL D50',
          notes: null,
        },
        {
          sequence: 20,
          machine: 'DMG-1',
          processDescription: 'Drill holes',
          toolInformation: null,
          notes: null,
        },
      ],
    },
    inputs: [],
    ...changes,
  };
}

/** A simulator that is told what to do. */
export function simulated(simulation: Record<string, unknown>, changes: Partial<Job> = {}): Job {
  return aJob({ ...changes, parameters: { simulation: simulation as never } });
}

/** Whether a process with this id runs; what is left of an ended one that nobody has waited for does not count. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) throw new RangeError(`${pid} is no process id`);
  return (await processIdentity(pid)) !== undefined;
}

/** Resolves once the process is gone. */
export async function ended(pid: number): Promise<void> {
  const limit = AbortSignal.timeout(30_000);
  while (await isAlive(pid)) {
    if (limit.aborted) throw new Error(`process ${pid} still runs`);
    await delay(10);
  }
}

async function openBroker(folder: string, port: number): Promise<RunningBroker> {
  return startBroker({ port, stateDir: join(folder, 'bus'), queues: await loadQueues() });
}
