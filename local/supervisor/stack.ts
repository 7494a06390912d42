import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { captureUrl } from '../capture/addresses.ts';
import { CLI_CLIENT_ID, identityPaths } from '../identity/clients.ts';
import { writeFileAtomic } from '../state-file.ts';
import { ChildLog } from './child-log.ts';
import { createServicePart, createTaskPart, type PartOptions, type RunningPart } from './parts.ts';
import { serviceBusConnectionString } from './plugins/app-settings.ts';
import { isAlive, PidFile } from './pid-file.ts';
import { findTakenPorts } from './ports.ts';
import type { Plugin, PortClaim } from './service.ts';
import type { StackSettings } from './settings.ts';
import { startInOrder, stopInOrder } from './start-order.ts';
import { lockStateFolder } from './state-lock.ts';
import type { Timers } from './supervised-child.ts';

/** How long parts of an earlier stack, whose supervisor was killed, may take to end. */
const PREDECESSOR_TIMEOUT_MS = 3000;
const PREDECESSOR_POLL_MS = 50;

export interface StackOptions {
  readonly settings: StackSettings;
  readonly plugins: readonly Plugin[];
  readonly timers: Timers;
  /** Takes a line for the person at the terminal. */
  readonly report: (line: string) => void;
  /** Resolves once the whole answers, after all parts are ready. */
  readonly untilHealthy: (settings: StackSettings) => Promise<void>;
  /** Given with `--watch`: the port of the debugger of the debuggable part. */
  readonly inspectPort?: number;
}

/** All parts on one state folder, started together and stopped together. */
export class Stack {
  readonly #options: StackOptions;
  readonly #pids: PidFile;
  readonly #parts = new Map<string, RunningPart>();
  readonly #logs: ChildLog[] = [];
  #unlock: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: StackOptions) {
    this.#options = options;
    this.#pids = new PidFile(options.settings.stateDir);
  }

  /** Resolves when every part answers. @throws a sentence; what was started so far is stopped by `stop` */
  async start(): Promise<void> {
    const { settings, plugins, untilHealthy } = this.#options;
    await mkdir(settings.stateDir, { recursive: true });
    this.#unlock = lockStateFolder(settings.stateDir);
    await this.#untilPredecessorEnded();
    await requireFreePorts(plugins, settings);
    if (this.#stopped) return;
    this.#pids.set('supervisor', process.pid);
    await writeFileAtomic(stackFile(settings), JSON.stringify(stackFacts(settings), null, 2));
    for (const plugin of plugins) this.#parts.set(plugin.name, this.#createPart(plugin));
    await startInOrder(plugins, (plugin) => this.#startPart(plugin));
    await untilHealthy(settings);
  }

  /** Ends every part and waits until all are gone. May be called more than once, and during `start`. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** As `kill -9` for every part. */
  kill(): void {
    for (const part of this.#parts.values()) part.kill();
  }

  /** Puts a fresh process in place of the part's running one. */
  async replace(name: string): Promise<void> {
    await this.#parts.get(name)?.replace();
  }

  async #stop(): Promise<void> {
    await stopInOrder(this.#options.plugins, async ({ name }) => this.#parts.get(name)?.stop());
    for (const log of this.#logs) log.close();
    if (!this.#unlock) return;
    this.#pids.remove();
    await rm(stackFile(this.#options.settings), { force: true });
    this.#unlock();
  }

  async #startPart(plugin: Plugin): Promise<void> {
    if (this.#stopped) throw new Error('the start was stopped');
    const { settings, timers, report } = this.#options;
    const startedAtMs = timers.nowMs();
    await this.#parts.get(plugin.name)?.start();
    const seconds = ((timers.nowMs() - startedAtMs) / 1000).toFixed(1);
    const outcome = plugin.kind === 'service' ? plugin.address(settings) : 'done';
    report(`  ${plugin.name.padEnd(16)} ${seconds.padStart(5)} s   ${outcome}`);
  }

  #createPart(plugin: Plugin): RunningPart {
    const { settings, timers, report, inspectPort } = this.#options;
    const log = new ChildLog({
      folder: join(settings.stateDir, 'logs'),
      name: plugin.name,
      terminal: report,
      nowMs: () => timers.nowMs(),
    });
    this.#logs.push(log);
    const options: PartOptions = {
      settings,
      timers,
      log,
      report,
      onPid: (pid) => this.#pids.set(plugin.name, pid),
      watch: inspectPort !== undefined,
    };
    if (plugin.kind === 'task') return createTaskPart(plugin, options);
    return createServicePart(plugin, plugin.debuggable ? { ...options, inspectPort } : options);
  }

  /** Parts of a killed supervisor end by themselves, a moment later; they must be off the ports and files before new ones come. */
  async #untilPredecessorEnded(): Promise<void> {
    const { timers } = this.#options;
    const until = timers.nowMs() + PREDECESSOR_TIMEOUT_MS;
    let left = this.#pids.leftOver();
    while (left.length > 0 && timers.nowMs() < until) {
      await new Promise<void>((resolve) => timers.after(PREDECESSOR_POLL_MS, resolve));
      left = left.filter(isAlive);
    }
  }
}

async function requireFreePorts(plugins: readonly Plugin[], settings: StackSettings): Promise<void> {
  const claims = plugins.flatMap((plugin): readonly PortClaim[] =>
    plugin.kind === 'service' ? (plugin.ports?.(settings) ?? []) : [],
  );
  const sentences = await findTakenPorts(claims);
  if (sentences.length > 0) throw new Error(sentences.join('\n'));
}

function stackFile({ stateDir }: StackSettings): string {
  return join(stateDir, 'stack.json');
}

/** Read by the command-line tools (`cli/stack-file.ts`). */
function stackFacts(settings: StackSettings) {
  const { stateDir, apiUrl, issuer, audience, capturePort } = settings;
  const tokenClient = { clientId: CLI_CLIENT_ID, privateKeyFile: identityPaths(stateDir).cliPrivateKey };
  const serviceBusConnection = serviceBusConnectionString(settings);
  return { apiUrl, issuer, audience, tokenClient, serviceBusConnection, captureUrl: captureUrl(capturePort) };
}
