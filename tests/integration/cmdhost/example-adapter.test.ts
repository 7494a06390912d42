import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { aJob, Rig } from './rig.ts';

const EXAMPLE = join(import.meta.dirname, '../../../cmdhost/adapters/example/adapter.mjs');
const DOCS = join(import.meta.dirname, '../../../docs/cmdhost.md');

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
  await rig.agent({ adapters: [{ application: 'esprit', command: [process.execPath, EXAMPLE] }] });
});
afterEach(async () => rig.stop());

it('the example of the documentation is the one in the repository', async () => {
  const source = await readFile(EXAMPLE, 'utf8');
  expect(await readFile(DOCS, 'utf8')).toContain(`\`\`\`js\n${source}\`\`\``);
});

it('the example writes its tool list', async () => {
  const job = aJob({ commandType: 'ExportSetupSheet' });
  expect(await rig.run(job)).toMatchObject({
    kind: 'succeeded',
    outputs: [{ fileName: 'tools.txt', role: 'tool-list' }],
  });
  expect(rig.api.uploads.get(`${job.attemptId}/tools.txt`)?.toString()).toBe(
    '10\tT1 FACE MILL D50\n20\tno tool\n',
  );
});

it('the example refuses what it does not know, for good', async () => {
  expect(await rig.run(aJob())).toMatchObject({
    kind: 'failed',
    error: { code: 'COMMAND_UNKNOWN', retryable: false },
  });
});
