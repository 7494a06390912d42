import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const MAIN = join(import.meta.dirname, '../../../cmdhost/main.ts');
const COMPILE_CACHE = join(tmpdir(), 'node-compile-cache');

export interface CmdhostRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const report = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({ check: z.string(), level: z.string(), detail: z.string(), next: z.string().optional() }),
  ),
});
export type Report = z.output<typeof report>;

/** `cmdhost …args` as a process of its own, to its end. */
export async function runCmdhost(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CmdhostRun> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: COMPILE_CACHE, ...env } },
      (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** The report of `check` or `doctor`, with its exit code. */
export async function reportOf(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Report & { exitCode: number }> {
  const { exitCode, stdout, stderr } = await runCmdhost([...args, '--json'], env);
  try {
    return { ...report.parse(JSON.parse(stdout)), exitCode };
  } catch (cause) {
    throw new Error(`no report: ${stdout}${stderr}`, { cause });
  }
}

/** `check: level` of every finding, in the order of the report. */
export function levels({ findings }: Report): string[] {
  return findings.map(({ check, level }) => `${check}: ${level}`);
}
