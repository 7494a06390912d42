import { readyBanner } from './banner.ts';
import { watchParent } from './parent-watch.ts';
import { freePort } from './ports.ts';
import type { Plugin } from './service.ts';
import { readStackSettings, type StackSettings } from './settings.ts';
import { Stack } from './stack.ts';
import type { Timers } from './supervised-child.ts';
import { watchSources } from './watch-sources.ts';

export interface RunOptions {
  readonly plugins: (settings: StackSettings) => readonly Plugin[];
  readonly untilHealthy: (settings: StackSettings) => Promise<void>;
  /** Restart what an edit changes, with a debugger port open. */
  readonly watch: boolean;
}

export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Runs a stack in this process from its start until a signal, or the end of whoever started it, stops it. Sets the exit code. */
export async function runStack(options: RunOptions): Promise<void> {
  const startedAtMs = performance.now();
  const settings = await readStackSettings(process.env, process.cwd());
  const plugins = options.plugins(settings);
  const inspectPort = options.watch ? await freePort() : undefined;
  const report = (line: string): void => console.log(line);
  const { untilHealthy } = options;
  const stack = new Stack({ settings, plugins, timers: systemTimers, report, untilHealthy, inspectPort });

  const ended = Promise.withResolvers<void>();
  const release = onEndRequest(stack, () => ended.resolve());
  try {
    await Promise.race([stack.start(), ended.promise]);
    if (!release.requested()) {
      const seconds = (performance.now() - startedAtMs) / 1000;
      report(readyBanner(plugins, settings, { seconds, inspectPort }));
      const stopWatching = options.watch
        ? watchSources(plugins, settings, { stack, report })
        : () => undefined;
      await ended.promise;
      stopWatching();
    }
  } catch (error) {
    if (!release.requested()) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  }
  await stack.stop();
  release.dispose();
}

/** Ctrl-C, SIGTERM, a closed terminal, or the death of npm: each asks for the end; Ctrl-C again does not wait for it. */
function onEndRequest(stack: Stack, request: () => void) {
  let requested = false;
  const end = (reason: string): void => {
    if (requested) {
      stack.kill();
      process.exit(130);
    }
    requested = true;
    console.log(`stopping (${reason}) …`);
    request();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listeners = signals.map((signal) => ({ signal, listener: () => end(signal) }));
  for (const { signal, listener } of listeners) process.on(signal, listener);
  // A program that started this one with an IPC channel, as the tests do, ends it by closing the channel or by its own death.
  process.once('disconnect', () => !requested && end('the starting program is gone'));
  // Whoever reads this output may go first.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const startedByNpm = process.env['npm_lifecycle_event'] !== undefined;
  const unwatch = startedByNpm
    ? watchParent(() => !requested && end('npm is gone'), console.error)
    : () => undefined;
  return {
    requested: () => requested,
    dispose: () => {
      unwatch();
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}
