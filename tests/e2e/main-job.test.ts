import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startStack, type TestStack } from '../support/stack.ts';
import { clientOf, newRouting, order, untilFinal, type Client, type Routing } from './client.ts';

const ROOT = join(import.meta.dirname, '../..');

/** An NC program as a shop would have it, of some size. */
const NC_PROGRAM = [
  '%',
  'O4711 (BEARING BLOCK / OP10)',
  'G90 G17 G40 G49 G80',
  'T1 M6 (FACE MILL D63)',
  'S2400 M3',
  ...Array.from({ length: 2000 }, (_, line) => `N${line + 1} G1 X${(line * 0.125).toFixed(3)} Y-12.5 F1500`),
  'M30',
  '%',
  '',
].join('\n');

let stack: TestStack;
let engineer: Client;
beforeAll(async () => {
  stack = await startStack({ cmdhosts: 1 });
  engineer = await clientOf(stack);
}, 60_000);
afterAll(() => stack?.stop());

function demo(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['bin/run.mjs', 'cli/demo.ts', ...args],
      { cwd: ROOT, env: { ...process.env, MCMS_STATE_DIR: stack.stateDir }, timeout: 60_000 },
      (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : error ? -1 : 0,
          output: stdout + stderr,
        }),
    );
  });
}

describe('npm run demo', () => {
  beforeAll(() => newRouting(engineer));

  it.each(['the bundled file', 'a file of the user'])(
    'passes with %s',
    async (which) => {
      const file = join(stack.stateDir, 'bearing block Ø63.nc');
      await writeFile(file, NC_PROGRAM);
      const { code, output } = await demo(...(which === 'the bundled file' ? [] : ['--file', file]));
      expect(output).toContain('All steps held.');
      expect(output).toContain('ESPRIT_CRASHED');
      expect(output).toMatch(/told by .*email/);
      expect(output).toMatch(/resubmitted with all its properties: Succeeded/);
      expect(code).toBe(0);
    },
    60_000,
  );

  it('fails with the reason when a step does not hold', async () => {
    const { code, output } = await demo('--file', join(stack.stateDir, 'there-is-none.stl'));
    expect(code).toBe(1);
    expect(output).toMatch(/^demo: .*there-is-none\.stl/m);
  });
});

describe('the main job by plain HTTP', () => {
  it('uploads a file, orders an NC program, and gives back its history and its bytes', async () => {
    const routing = await newRouting(engineer);
    const model = Buffer.from(NC_PROGRAM);
    const { fileId } = await upload(routing, 'model.nc', model);
    expect(await download(fileId)).toEqual(model);

    const { commandId } = await order(engineer, routing.routingId, { fault: 'crash', faultAttempts: [1] });
    const command = await untilFinal(engineer, commandId);

    expect(command).toMatchObject({ status: 'Succeeded', attempt: 2 });
    const program = command.files.find(({ role }) => role === 'nc-program');
    if (!program) throw new Error('there is no NC program');
    const bytes = await download(program.fileId);
    expect(sha256(bytes)).toBe(program.sha256);
    expect(bytes.toString('latin1')).toMatch(/^%\s+O\d{4}/);
    const { value } = await engineer.get<{ value: { changeType: string; currentValue: string | null }[] }>(
      `/history?routingId=${routing.routingId}`,
    );
    const happened = value.map(({ changeType }) => changeType).toReversed();
    expect(happened.slice(0, 4)).toEqual([
      'RoutingCreated',
      'FileAdded',
      'CommandRequested',
      'CommandRetrying',
    ]);
    expect(happened.filter((type) => type === 'CommandSucceeded')).toHaveLength(1);
    expect(value.map(({ currentValue }) => currentValue)).toContain(`sha256 ${program.sha256}`);
  });

  it('finishes an order whose run takes no time within a second of the POST', async () => {
    const routing = await newRouting(engineer);
    await untilFinal(engineer, (await order(engineer, routing.routingId)).commandId);
    const timesMs: number[] = [];
    for (let repetition = 0; repetition < 3; repetition += 1) {
      const startedMs = performance.now();
      const { commandId } = await order(engineer, routing.routingId);
      expect((await untilFinal(engineer, commandId)).status).toBe('Succeeded');
      timesMs.push(performance.now() - startedMs);
    }
    expect(Math.min(...timesMs)).toBeLessThan(1000);
  });

  it('keeps the verified bytes when the upload link is used again after complete', async () => {
    const routing = await newRouting(engineer);
    const model = randomBytes(100_000);
    const { fileId, uploadUrl } = await upload(routing, 'model.stl', model);
    const again = await put(uploadUrl, Buffer.from('something else'));
    expect([201, 403, 404]).toContain(again.status);
    expect(await download(fileId)).toEqual(model);
  });
});

interface Started {
  readonly fileId: string;
  readonly uploadUrl: string;
}

async function upload(routing: Routing, fileName: string, bytes: Buffer): Promise<Started> {
  const started = await engineer.post<Started>(`/routings/${routing.routingId}/files`, {
    fileName,
    sizeBytes: bytes.length,
    role: 'cam-model',
  });
  expect((await put(started.uploadUrl, bytes)).status).toBe(201);
  const file = await engineer.post(`/files/${started.fileId}/complete`, { sha256: sha256(bytes) });
  expect(file).toMatchObject({ status: 'Available', sizeBytes: bytes.length });
  return started;
}

function put(url: string, bytes: Buffer): Promise<Response> {
  return fetch(url, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: new Uint8Array(bytes),
  });
}

async function download(fileId: string): Promise<Buffer> {
  const redirect = await engineer.call('GET', `/files/${fileId}/content`);
  expect(redirect.status).toBe(302);
  const content = await fetch(redirect.headers.get('location') ?? '');
  expect(content.status).toBe(200);
  return Buffer.from(await content.arrayBuffer());
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
