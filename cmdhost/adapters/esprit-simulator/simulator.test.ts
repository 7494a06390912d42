import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AdapterJob, adapterLine, adapterResult } from '../contract.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const GOLDEN = join(import.meta.dirname, 'testdata');

describe('ESPRIT simulator', () => {
  let folder: string;
  let job: AdapterJob;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcms-simulator-'));
    await writeFile(join(folder, 'bracket.esp'), 'the CAM model');
    await mkdir(join(folder, 'output'));
    job = {
      schemaVersion: 1,
      commandId: 'c0ffee00-0000-4000-8000-000000000001',
      attemptId: 'c0ffee00-0000-4000-8000-000000000002',
      attempt: 1,
      application: 'esprit',
      commandType: 'GenerateNcProgram',
      parameters: {},
      workstation: 'WS-01',
      routing: {
        routingId: 'c0ffee00-0000-4000-8000-000000000003',
        itemCode: 'BRK-1001',
        revisionCode: 'A',
        routingCode: 'R10',
        name: 'Bügel (left) <b>브래킷</b>',
        machine: 'DMG-1',
        camRev: 3,
        steps: [
          {
            sequence: 30,
            machine: 'DMG-1',
            processDescription: 'Tap M6',
            toolInformation: null,
            notes: null,
          },
          {
            sequence: 10,
            machine: 'DMG-1',
            processDescription: 'Face top',
            toolInformation: 'T12 FACE MILL D50 S3200 F900',
            notes: '<script>alert(1)</script>',
          },
          {
            sequence: 20,
            machine: 'DMG-1',
            processDescription: 'Drill 5.0',
            toolInformation: 'T3 DRILL',
            notes: null,
          },
        ],
      },
      inputs: [
        {
          fileName: 'bracket.esp',
          role: 'cam-model',
          path: join(folder, 'bracket.esp'),
          sizeBytes: 13,
          sha256: '',
        },
      ],
      outputFolder: join(folder, 'output'),
      resultFile: join(folder, 'result.json'),
    };
  });
  afterEach(async () => rm(folder, { recursive: true }));

  const start = async (environment: Record<string, string> = {}): Promise<ChildProcess> => {
    const file = join(folder, 'job.json');
    await writeFile(file, JSON.stringify(job));
    const env = { PATH: process.env['PATH'], SIMULATOR_LEDGER: join(folder, 'ledger'), ...environment };
    return spawn(process.execPath, [MAIN, '--job', file], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  };
  const run = async (environment?: Record<string, string>) => {
    const child = await start(environment);
    let stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    const lines = stdout.split('\n').filter(Boolean);
    return { code, lines: lines.map((line) => adapterLine.parse(JSON.parse(line))) };
  };
  const result = async () => adapterResult.parse(JSON.parse(await readFile(job.resultFile, 'utf8')));
  const outputs = async () => (await readdir(job.outputFolder)).sort();
  const ledger = async () =>
    (await readFile(join(folder, 'ledger'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('writes the same NC program and setup sheet for the same job, byte for byte', async () => {
    expect((await run()).code).toBe(0);
    const [sheet, program] = await outputs();
    for (const name of [sheet, program]) {
      const made = await readFile(join(job.outputFolder, name!), 'utf8');
      expect({ name, text: made }).toEqual({
        name,
        text: await readFile(join(GOLDEN, `${name}.golden`), 'utf8'),
      });
    }
  });

  it('writes a program a control can read', async () => {
    await run();
    const [, name] = await outputs();
    const program = await readFile(join(job.outputFolder, name!), 'utf8');
    const lines = program.trimEnd().split('\n');
    expect(lines[0]).toBe('%');
    expect(lines.at(-1)).toBe('%');
    expect(lines[1]).toMatch(/^O\d{4} \([A-Z0-9 .-]+\)$/);
    expect(lines.at(-2)).toMatch(/^N\d+ M30$/);
    for (const line of lines.slice(1, -1))
      expect(line).toMatch(/^(O\d{4} )?(\([ -'*-~]*\)|N\d{1,5} [A-Z0-9 .-]+)$/);
    const numbers = lines.flatMap((line) => /^N(\d+)/.exec(line)?.[1] ?? []).map(Number);
    expect(numbers).toEqual(numbers.map((_, index) => (index + 1) * 10));
    expect([...program.matchAll(/T(\d+) M6/g)].map(([, tool]) => tool)).toEqual(['12', '3', '30']);
    expect(program).toContain('S3200 M3');
    expect(program.match(/M5$/gm)).toHaveLength(3);
  });

  it.each([
    ['GenerateNcProgram', ['nc-program', 'setup-sheet']],
    ['PostProcess', ['nc-program']],
    ['ExportSetupSheet', ['setup-sheet']],
    ['Simulate', []],
  ])('%s makes %j', async (commandType, roles) => {
    job = { ...job, commandType };
    const { lines } = await run();
    const made = await result();
    expect(made.outcome === 'succeeded' && made.outputs.map(({ role }) => role)).toEqual(roles);
    expect(await outputs()).toHaveLength(roles.length);
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'log', message: expect.stringMatching(/^cycle time/) }),
    );
    expect(await ledger()).toMatchObject([
      { event: 'start', commandId: job.commandId, attemptId: job.attemptId, workstation: 'WS-01' },
      { event: 'end', attemptId: job.attemptId },
    ]);
  });

  it('takes the program number it is given', async () => {
    job = { ...job, parameters: { programNumber: 42 } };
    await run();
    expect(await outputs()).toEqual(['O0042-setup.html', 'O0042.nc']);
  });

  it('shows text of the routing in the setup sheet as text', async () => {
    await run();
    const [name] = await outputs();
    const sheet = await readFile(join(job.outputFolder, name!), 'utf8');
    expect(sheet).not.toContain('<script');
    expect(sheet).toContain('&#60;script&#62;');
    expect(sheet).toContain('브래킷');
  });

  it.each([
    ['no steps', () => ({ routing: { ...job.routing, steps: [] } }), 'INPUT_INVALID', false],
    ['an unknown command', () => ({ commandType: 'Dance' }), 'INPUT_INVALID', false],
    [
      'a program number out of range',
      () => ({ parameters: { programNumber: 10_000 } }),
      'INPUT_INVALID',
      false,
    ],
    ['an unknown fault', () => ({ parameters: { simulation: { fault: 'flood' } } }), 'INPUT_INVALID', false],
    [
      'a broken duration',
      () => ({ parameters: { simulation: { duration: 'soon' } } }),
      'INPUT_INVALID',
      false,
    ],
    [
      'a busy licence',
      () => ({ parameters: { simulation: { fault: 'licence-busy' } } }),
      'ESPRIT_LICENCE_BUSY',
      true,
    ],
  ])('fails by %s', async (_name, change, code, retryable) => {
    job = { ...job, ...change() };
    expect((await run()).code).toBe(0);
    expect(await result()).toMatchObject({ outcome: 'failed', error: { code, retryable } });
    expect(await ledger()).toHaveLength(2);
  });

  it('meets a fault in the attempts it is asked for', async () => {
    job = {
      ...job,
      attempt: 2,
      parameters: { simulation: { fault: 'licence-busy', faultAttempts: [2, 3] } },
    };
    await run();
    expect((await result()).outcome).toBe('failed');
    job = { ...job, attempt: 4 };
    await run();
    expect((await result()).outcome).toBe('succeeded');
  });

  it('crashes without a result and without an end in its ledger', async () => {
    job = { ...job, parameters: { simulation: { fault: 'crash', duration: 'PT0.1S' } } };
    expect((await run()).code).toBeNull();
    await expect(result()).rejects.toThrow('ENOENT');
    expect(await ledger()).toMatchObject([{ event: 'start' }]);
  });

  it('takes the time it is told, and tells how far it is', async () => {
    const began = performance.now();
    const { lines } = await run({ SIMULATOR_DURATION: 'PT0.6S' });
    expect(performance.now() - began).toBeGreaterThan(600);
    expect(lines.filter(({ type }) => type === 'progress').length).toBeGreaterThanOrEqual(3);
  });

  it('ends when nobody holds its stdin any more', async () => {
    job = { ...job, parameters: { simulation: { fault: 'hang' } } };
    const child = await start();
    await once(child.stdout!, 'data');
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([3, null]);
    expect(await ledger()).toHaveLength(1);
  });
});
