import { flushCompileCache } from 'node:module';
import type { Application } from './application.ts';
import { isRecord, readJob } from './job.ts';
import { say } from './lines.ts';
import { runJob } from './run-job.ts';

/**
 * Runs the jobs named on `requests`, one line of JSON each (`{"type":"job","jobFile":"…"}`), one after another. A line that comes while a job
 * runs waits for its end, but is read at once: only so does the end of `requests` show while a job runs.
 * @returns never: the process ends with `requests`
 * @throws {Error} at a line that names no job
 */
export async function serve(application: Application, requests: NodeJS.ReadStream): Promise<never> {
  let rest = '';
  let idle: Promise<void> = Promise.resolve();
  return new Promise<never>((_resolve, reject) => {
    requests.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        idle = idle.then(async () => serveOne(application, line));
        idle.catch(reject);
      }
    });
  });
}

async function serveOne(application: Application, line: string): Promise<void> {
  const job = readJob(jobFileOf(line));
  await runJob(application, job);
  say({ type: 'done', attemptId: job.attemptId });
  // With NODE_COMPILE_CACHE set: for the next start, even if this process is killed. Nothing is written when nothing is new.
  flushCompileCache();
}

function jobFileOf(line: string): string {
  const request: unknown = JSON.parse(line);
  if (!isRecord(request) || request['type'] !== 'job' || typeof request['jobFile'] !== 'string')
    throw new Error(`${line} names no job`);
  return request['jobFile'];
}
