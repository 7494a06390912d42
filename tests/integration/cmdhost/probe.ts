import { readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Rig } from './rig.ts';

/** An adapter that hands back, as its only output, what it was started with and what lay in its working directory. */
export const PROBE = `
  import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  const present = readdirSync('.', { recursive: true }).sort();
  const job = JSON.parse(readFileSync(process.argv[3], 'utf8'));
  const seen = {
    argv: process.argv, execArgv: process.execArgv, cwd: process.cwd(), environment: process.env, present,
    jobFile: readFileSync(process.argv[3], 'utf8'),
    inputs: job.inputs.map(({ path }) => ({ path, text: readFileSync(path, 'utf8') })),
  };
  writeFileSync(join(job.outputFolder, 'seen.json'), JSON.stringify(seen));
  writeFileSync(job.resultFile, JSON.stringify({ schemaVersion: 1, outcome: 'succeeded',
    outputs: [{ fileName: 'seen.json', role: 'other', contentType: 'application/json' }] }));
`;

const seen = z.object({
  argv: z.array(z.string()),
  execArgv: z.array(z.string()),
  cwd: z.string(),
  environment: z.record(z.string(), z.string()),
  present: z.array(z.string()),
  jobFile: z.string(),
  inputs: z.array(z.object({ path: z.string(), text: z.string() })),
});
export type Seen = z.output<typeof seen>;

/** What the probe of that attempt has handed back. */
export function seenBy(rig: Rig, attemptId: string): Seen {
  const upload = rig.api.uploads.get(`${attemptId}/seen.json`);
  if (!upload) throw new Error(`attempt ${attemptId} has handed nothing back`);
  return seen.parse(JSON.parse(upload.toString('utf8')));
}

/** All files that belong to the rig, but the run folders, the journal and the broker's own. */
export async function filesOutside(rig: Rig, folder = ''): Promise<string[]> {
  const entries = await readdir(join(rig.folder, folder), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (/^(bus|work[\\/](runs|journal\.db.*))$/.test(path)) continue;
    found.push(path, ...(entry.isDirectory() ? await filesOutside(rig, path) : []));
  }
  return found.sort();
}

/** Where a file named `…marker…` has appeared, in any folder that a careless path or shell might have meant. */
export async function traces(rig: Rig, marker: string): Promise<string[]> {
  const folders = [process.cwd(), dirname(process.cwd()), tmpdir(), homedir(), '/', join(rig.folder, 'work')];
  const names = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  const outside = (await filesOutside(rig)).map((path) => join(rig.folder, path));
  return [...names.flat(), ...outside].filter((path) => path.includes(marker));
}
