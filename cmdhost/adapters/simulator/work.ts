import { say } from './lines.ts';
import type { Fault } from './simulation.ts';

const PROGRESS_EVERY_MS = 500;

/** Takes as long as asked, half-way through which a crash comes; a hang lasts until somebody ends it. */
export async function work(phase: string, totalMs: number, fault: Fault | undefined): Promise<void> {
  say({ type: 'progress', phase, percent: 10 });
  if (fault === 'hang') {
    await new Promise<never>(() => setInterval(() => say({ type: 'progress', phase }), PROGRESS_EVERY_MS));
  }
  const lastMs = fault === 'crash' ? totalMs / 2 : totalMs;
  for (let doneMs = 0; doneMs < lastMs; doneMs += PROGRESS_EVERY_MS) {
    await wait(Math.min(PROGRESS_EVERY_MS, lastMs - doneMs));
    say({
      type: 'progress',
      phase,
      percent: Math.min(95, Math.round((100 * (doneMs + PROGRESS_EVERY_MS)) / totalMs)),
    });
  }
  if (fault === 'crash') process.kill(process.pid, 'SIGKILL');
}

async function wait(delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}
