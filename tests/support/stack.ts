import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobConnectionString } from '../../local/azurite/addresses.ts';
import { issuerAddresses } from '../../local/identity/addresses.ts';
import { signAccessToken } from '../../local/identity/access-token.ts';
import { identityPaths } from '../../local/identity/clients.ts';
import { loadOrCreateKey } from '../../local/identity/keys.ts';
import { isAlive } from '../../local/supervisor/pid-file.ts';
import { freePort } from '../../local/supervisor/ports.ts';
import type { Role } from '../../shared/auth/roles.ts';

const POLL_MS = 20;
const READY_TIMEOUT_MS = 45_000;
const ROOT = join(import.meta.dirname, '../..');
/** Shared by all test stacks: a stack starts twice as fast when its modules were compiled before. */
const COMPILE_CACHE = join(tmpdir(), 'mcms-tests-compile-cache');

export interface StartStackOptions {
  /** Number of agents, default 0. */
  readonly cmdhosts?: number;
  /** Default none: an empty database. */
  readonly seed?: 'none' | 'demo';
  /** Further environment variables, for example `CamCommands__…` or `MCMS_SIMULATOR_DURATION`. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing state folder, to start a stack again on what it left; default a new one that `stop` deletes. */
  readonly stateDir?: string;
  /** Ports of an earlier stack; default four free ones. */
  readonly ports?: StackPorts;
  /** The program to start, relative to the checkout; default the product's stack. */
  readonly entry?: string;
  /** Arguments of that program. */
  readonly args?: readonly string[];
  /** Default 45 s: shorter than the time-out of a jest hook that waits for it, so that its message is the one seen. */
  readonly readyTimeoutMs?: number;
}

export interface StackPorts {
  readonly http: number;
  readonly blob: number;
  readonly amqp: number;
  readonly identity: number;
}

/** A whole stack as a process of its own. `await using` stops it; it also ends with the test process. */
export interface TestStack extends AsyncDisposable {
  readonly stateDir: string;
  readonly ports: StackPorts;
  /** Without a trailing `/api`. */
  readonly baseUrl: string;
  readonly apiUrl: string;
  readonly issuer: string;
  readonly sqlConnection: string;
  readonly serviceBusConnection: string;
  readonly blobConnection: string;
  /** Process id of the supervisor. */
  readonly pid: number;
  /** Everything it has written to the terminal so far. */
  output(): string;
  /** What `pids.json` says now; empty when it is not there. */
  pids(): Promise<Record<string, number>>;
  /**
   * A token for a person, default named after the first role (`engineer@mcms.local`). With `changes` it may be one that the API
   * must refuse: a negative `lifetimeSeconds` is one that has expired.
   */
  token(roles: readonly Role[], name?: string, changes?: TokenChanges): Promise<string>;
  /** `kill -9` of one part by its name in pids.json. Resolves when that process is gone. */
  kill(part: string): Promise<void>;
  /** Resolves with the id of the part's process, once one runs that is not `previousPid`. */
  untilRunning(part: string, previousPid?: number): Promise<number>;
  untilOutput(pattern: RegExp): Promise<void>;
  /** Sends the supervisor a signal, default SIGTERM, and resolves with its exit code once it is gone; null after a kill. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Stops everything and deletes the state folder, if it was made here. May be called more than once. */
  stop(): Promise<void>;
}

export interface TokenChanges {
  readonly issuer?: string;
  readonly audience?: string;
  readonly lifetimeSeconds?: number;
}

/** Starts a stack and waits for its `ready`. @throws what it wrote, when it ends or the time is over before that */
export async function startStack(options: StartStackOptions = {}): Promise<TestStack> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'mcms-stack-')));
  const stack = await launchStack({ ...options, stateDir });
  try {
    await stack.untilOutput(/^ready$/m);
  } catch (error) {
    await stack.stop();
    if (options.stateDir === undefined) await rm(stateDir, { recursive: true, force: true });
    throw error;
  }
  if (options.stateDir !== undefined) return stack;
  const stop = async (): Promise<void> => {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
  return { ...stack, stop, [Symbol.asyncDispose]: stop };
}

/** Starts the program without waiting for `ready`. */
export async function launchStack(options: StartStackOptions & { stateDir: string }): Promise<TestStack> {
  const { stateDir } = options;
  const ports = options.ports ?? (await freePorts());
  const child = spawnStack(options, ports);
  let output = '';
  const take = (text: string): void => {
    output += text;
  };
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const pids = () => readPids(stateDir);
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    if (!isGone()) child.kill(signal);
    return exited;
  };
  const stop = async (): Promise<void> => {
    await end();
  };
  const baseUrl = `http://127.0.0.1:${ports.http}`;
  const { issuer } = issuerAddresses(ports.identity);
  return {
    stateDir,
    ports,
    baseUrl,
    apiUrl: `${baseUrl}/api`,
    issuer,
    sqlConnection: `sqlite:${join(stateDir, 'mcms.db')}`,
    serviceBusConnection: `Endpoint=sb://127.0.0.1:${ports.amqp};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true`,
    blobConnection: blobConnectionString(ports.blob),
    pid: child.pid ?? -1,
    output: () => output,
    pids,
    token: (roles, name, changes) => signToken({ stateDir, issuer, roles, name, changes }),
    kill: async (part) => {
      const pid = (await pids())[part];
      if (pid === undefined) throw new Error(`${part} does not run`);
      process.kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid), `process ${pid} of ${part} to end`);
    },
    untilRunning: async (part, previousPid) => {
      let pid: number | undefined;
      await until(async () => {
        pid = (await pids())[part];
        return pid !== undefined && pid !== previousPid;
      }, `a process of ${part}`);
      return pid ?? -1;
    },
    untilOutput: (pattern) =>
      until(
        () => {
          if (pattern.test(output)) return true;
          if (isGone()) throw new Error(`the stack ended before it wrote ${String(pattern)}:\n${output}`);
          return false;
        },
        () => `the stack to write ${String(pattern)}; it wrote:\n${output}`,
        options.readyTimeoutMs ?? READY_TIMEOUT_MS,
      ),
    end,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Resolves once `condition` holds, looking every 20 ms. @throws naming `what` was waited for, after `timeoutMs` */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs / 1000} s for ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function spawnStack(options: StartStackOptions & { stateDir: string }, ports: StackPorts): ChildProcess {
  return spawn(process.execPath, [options.entry ?? 'local/main.ts', ...(options.args ?? [])], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...process.env,
      MCMS_STATE_DIR: options.stateDir,
      MCMS_PORT: String(ports.http),
      MCMS_BLOB_PORT: String(ports.blob),
      MCMS_AMQP_PORT: String(ports.amqp),
      MCMS_IDENTITY_PORT: String(ports.identity),
      MCMS_CMDHOSTS: String(options.cmdhosts ?? 0),
      MCMS_SEED: options.seed ?? 'none',
      ...options.env,
    },
  });
}

async function freePorts(): Promise<StackPorts> {
  const [http, blob, amqp, identity] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  return { http, blob, amqp, identity };
}

async function readPids(stateDir: string): Promise<Record<string, number>> {
  try {
    return JSON.parse(await readFile(join(stateDir, 'pids.json'), 'utf8')) as Record<string, number>;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

interface TokenOrder {
  readonly stateDir: string;
  readonly issuer: string;
  readonly roles: readonly Role[];
  readonly name: string | undefined;
  readonly changes: TokenChanges | undefined;
}

async function signToken({ stateDir, issuer, roles, name, changes = {} }: TokenOrder): Promise<string> {
  const person = name ?? `${(roles[0] ?? 'nobody').replace('Mcms.', '').toLowerCase()}@mcms.local`;
  return signAccessToken(
    {
      issuer: changes.issuer ?? issuer,
      audience: changes.audience ?? 'api://mcms',
      signingKey: await loadOrCreateKey(identityPaths(stateDir).signingKey),
      now: () => new Date(),
    },
    {
      subject: person,
      name: person,
      clientId: 'mcms-cli',
      roles,
      lifetimeSeconds: changes.lifetimeSeconds ?? 3600,
    },
  );
}
