import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildLog } from './child-log.ts';
import { SupervisedChild, type Timers } from './supervised-child.ts';

/** Time that only moves when told. */
class ManualTimers implements Timers {
  #nowMs = 0;
  #due: { atMs: number; action: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, action };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    const due = this.#due.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#due = this.#due.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { action } of due) action();
  }
}

/** A process that exists only as its events. */
class FakeProcess extends EventEmitter {
  readonly pid: number;
  readonly kills: string[] = [];
  exitCode: number | null = null;
  signalCode: string | null = null;
  connected = true;

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  kill(signal: string): boolean {
    this.kills.push(signal);
    this.end(null, signal);
    return true;
  }

  disconnect(): void {
    this.connected = false;
    this.emit('asked to stop');
  }

  end(code: number | null, signal: string | null = null): void {
    this.exitCode = code;
    this.signalCode = signal;
    this.emit('exit', code, signal);
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcms-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function supervise(options: { neverFailStart?: boolean } = {}) {
  const timers = new ManualTimers();
  const processes: FakeProcess[] = [];
  const lines: string[] = [];
  const pids: (number | undefined)[] = [];
  const log = new ChildLog({ folder, name: 'part', terminal: () => undefined, nowMs: () => 0 });
  const child = new SupervisedChild({
    name: 'part',
    spawn: () => {
      const fake = new FakeProcess(processes.length + 1);
      processes.push(fake);
      return fake as unknown as ChildProcess;
    },
    timers,
    log,
    report: (line) => lines.push(line),
    onPid: (pid) => pids.push(pid),
    ...options,
  });
  const last = (): FakeProcess => {
    const fake = processes.at(-1);
    if (!fake) throw new Error('nothing was started');
    return fake;
  };
  return { child, timers, processes, lines, pids, last };
}

describe('a supervised part', () => {
  it('is started when its process says ready', async () => {
    const { child, last, pids } = supervise();
    const started = child.start();
    last().emit('message', { type: 'ready' });
    await started;
    expect(pids).toEqual([1]);
  });

  it('is restarted at once twice, then after growing pauses, and each pause is told', async () => {
    const { child, timers, processes, lines, last } = supervise();
    const started = child.start();
    last().emit('message', { type: 'ready' });
    await started;
    last().end(1);
    last().end(1);
    expect(processes).toHaveLength(3);
    last().end(null, 'SIGKILL');
    expect(processes).toHaveLength(3);
    timers.advance(249);
    expect(processes).toHaveLength(3);
    timers.advance(1);
    expect(processes).toHaveLength(4);
    expect(lines.at(-1)).toBe('part ended by SIGKILL, 3 times quickly in a row; starting it again in 0.25 s');
  });

  it('fails its start when it ends three times before it was ready', async () => {
    const { child, processes, last } = supervise();
    const started = child.start();
    for (let death = 0; death < 3; death += 1) last().end(7);
    await expect(started).rejects.toThrow('part ended 3 times before it was ready, last with exit code 7');
    expect(processes).toHaveLength(3);
  });

  it('goes on being tried while sources are watched', async () => {
    const { child, timers, processes, last } = supervise({ neverFailStart: true });
    const started = child.start();
    for (let death = 0; death < 3; death += 1) last().end(7);
    timers.advance(250);
    expect(processes).toHaveLength(4);
    last().emit('message', { type: 'ready' });
    await started;
  });

  it('fails its start after 60 s of silence, naming the log file', async () => {
    const { child, timers } = supervise();
    const started = child.start();
    timers.advance(60_000);
    await expect(started).rejects.toThrow(join(folder, 'part.log'));
  });

  it('is not restarted once it is to stop, and is killed when it does not listen', async () => {
    const { child, timers, processes, lines, last } = supervise();
    const started = child.start();
    last().emit('message', { type: 'ready' });
    await started;
    const stopped = child.stop();
    timers.advance(6000);
    await stopped;
    expect(last().kills).toEqual(['SIGKILL']);
    expect(lines).toEqual(['part did not stop within 6 s and is killed']);
    await child.stop();
    timers.advance(60_000);
    expect(processes).toHaveLength(1);
  });

  it('stops while it waits to be restarted', async () => {
    const { child, timers, processes, last } = supervise();
    const started = child.start();
    last().emit('message', { type: 'ready' });
    await started;
    for (let death = 0; death < 3; death += 1) last().end(1);
    await child.stop();
    timers.advance(60_000);
    expect(processes).toHaveLength(3);
  });

  it('is replaced on request without that counting as a death', async () => {
    const { child, processes, lines, last } = supervise();
    const started = child.start();
    last().emit('message', { type: 'ready' });
    await started;
    const [first] = processes;
    first?.once('asked to stop', () => first.end(0));
    await child.replace();
    expect(processes).toHaveLength(2);
    last().emit('message', { type: 'ready' });
    expect(lines).toEqual(['part is ready again, 0.0 s after its start']);
  });
});
