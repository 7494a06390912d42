import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { localConnectionString } from './namespace.ts';
import type { QueueDefinition } from './namespace.ts';

const MAIN = join(import.meta.dirname, '../../../local/service-bus/main.ts');

/** A broker as `npm start` runs it: a process of its own, which can be killed and started again on the same state. */
export class BrokerProcess {
  readonly stateDir: string;
  #child: ChildProcess | undefined;
  #clients: ServiceBusClient[] = [];
  port = 0;

  private constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  static async start(...queues: QueueDefinition[]): Promise<BrokerProcess> {
    const broker = new BrokerProcess(await mkdtemp(join(tmpdir(), 'service-bus-')));
    await writeFile(join(broker.stateDir, 'queues.json'), JSON.stringify(queues));
    await broker.restart();
    return broker;
  }

  /** Starts the process; from the second time on at the same port. */
  async restart(): Promise<void> {
    const started = runBroker(this.stateDir, this.port, join(this.stateDir, 'queues.json'));
    this.#child = started.child;
    this.port = await started.port;
  }

  /** A client that is closed at the end; it does not repeat by itself what a killed broker left unanswered. */
  client(): ServiceBusClient {
    const client = new ServiceBusClient(localConnectionString(this.port), {
      retryOptions: { timeoutInMs: 1_000, maxRetries: 0, retryDelayInMs: 50 },
    });
    this.#clients.push(client);
    return client;
  }

  /** `kill -9`, from one moment to the next. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.kill();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

interface StartedProcess {
  readonly child: ChildProcess;
  /** The port it listens on; rejects with what it wrote to stderr when it does not start. */
  readonly port: Promise<number>;
}

/** Starts `local/service-bus/main.ts`. */
export function runBroker(stateDir: string, port: number, queuesFile: string): StartedProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      MCMS_AMQP_PORT: String(port),
      MCMS_STATE_DIR: stateDir,
      MCMS_QUEUES_FILE: queuesFile,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ready = once(child, 'message').then(
    ([message]) => (message as { facts: { port: number } }).facts.port,
  );
  const exited = once(child, 'close').then(() => {
    throw new Error(stderr.trim());
  });
  const started = Promise.race([ready, exited]);
  exited.catch(() => undefined);
  return { child, port: started };
}
