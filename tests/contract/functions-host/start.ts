import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FunctionsHost, startHost, type StartHostOptions } from '../../../local/functions-host/host.ts';

export interface StartedHost extends FunctionsHost {
  readonly url: string;
  /** Lines logged so far. */
  readonly lines: readonly string[];
  readonly stateDir: string;
  /** Settles when the host wanted to end the process, with the reason. */
  readonly fatal: Promise<Error>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface FixtureOptions extends Partial<StartHostOptions> {
  /** Replaces the sections of host.json it names. */
  readonly hostJsonContent?: object;
}

/** Path of a fixture app. */
export function fixture(name: string): string {
  return join(import.meta.dirname, 'fixture-app', name);
}

/** Starts a host for a fixture app on a free port with a state folder of its own; stop it with `await using` or `stop()`. */
export async function startFixture(name: string, options: FixtureOptions = {}): Promise<StartedHost> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'functions-host-')));
  const hostJson = join(stateDir, 'host.json');
  await writeFile(hostJson, JSON.stringify({ version: '2.0', ...options.hostJsonContent }));
  const lines: string[] = [];
  const fatal = Promise.withResolvers<Error>();
  const host = await startHost({
    entry: fixture(name),
    hostJson,
    port: 0,
    env: {},
    log: (line) => lines.push(line),
    onFatal: fatal.resolve,
    ...options,
    stateDir,
  });
  return {
    ...host,
    url: `http://127.0.0.1:${host.port}`,
    lines,
    stateDir,
    fatal: fatal.promise,
    async [Symbol.asyncDispose]() {
      await host.stop();
      if (!options.stateDir) await rm(stateDir, { recursive: true });
    },
  };
}
