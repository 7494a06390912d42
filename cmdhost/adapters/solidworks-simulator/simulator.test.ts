import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatorRig } from '../../../tests/support/simulator.ts';
import type { AdapterJob } from '../contract.ts';

const GOLDEN = join(import.meta.dirname, 'testdata');

describe('SolidWorks simulator', () => {
  let rig: SimulatorRig;

  beforeEach(async () => {
    rig = await SimulatorRig.create('solidworks-simulator');
  });
  afterEach(async () => rig.remove());

  it.each([
    ['ExportModel', {}, 'BRK-1001-A.step', 'model/step'],
    ['ExportModel', { format: 'step' }, 'BRK-1001-A.step', 'model/step'],
    ['ExportModel', { format: 'stl' }, 'BRK-1001-A.stl', 'model/stl'],
    ['ExportModel', { format: 'parasolid' }, 'BRK-1001-A.x_t', 'model/vnd.parasolid.transmit-text'],
    ['ExtractMetadata', {}, 'BRK-1001-A-metadata.json', 'application/json'],
  ])('%s with %j makes %s, byte for byte', async (commandType, parameters, fileName, contentType) => {
    const job = await rig.job(commandType, { parameters });
    const { code, lines } = await rig.run(job);
    expect(code).toBe(0);
    expect(await rig.result(job)).toEqual({
      schemaVersion: 1,
      outcome: 'succeeded',
      outputs: [{ fileName, role: 'document', contentType }],
    });
    expect(await readdir(job.outputFolder)).toEqual([fileName]);
    const made = await readFile(join(job.outputFolder, fileName), 'utf8');
    expect(made).toContain('SIMULATED');
    expect(made).toBe(await readFile(join(GOLDEN, `${fileName}.golden`), 'utf8'));
    expect(lines.map(({ type }) => type)).toEqual(['progress', 'progress', 'log']);
    expect(await rig.ledger()).toMatchObject([
      { event: 'start', commandId: job.commandId, attemptId: job.attemptId, workstation: 'WS-01' },
      { event: 'end', attemptId: job.attemptId },
    ]);
  });

  it('takes codes that no file name may hold', async () => {
    const { routing } = await rig.job('ExportModel');
    const job = await rig.job('ExportModel', {
      routing: { ...routing, itemCode: "../O'Neill\\Ü", revisionCode: 'A/1' },
    });
    await rig.run(job);
    expect(await readdir(job.outputFolder)).toEqual([".._O'Neill_Ü-A_1.step"]);
    const made = await readFile(join(job.outputFolder, ".._O'Neill_Ü-A_1.step"), 'utf8');
    expect(made).toContain("PRODUCT('../O''Neill\\\\\\X2\\00DC\\X0\\ REV A/1'");
  });

  const failures: [string, Partial<AdapterJob>, string, boolean][] = [
    ['an unknown command', { commandType: 'GenerateNcProgram' }, 'INPUT_INVALID', false],
    ['an unknown format', { parameters: { format: 'dwg' } }, 'INPUT_INVALID', false],
    [
      'a model that cannot be read',
      { parameters: { simulation: { fault: 'bad-input' } } },
      'INPUT_INVALID',
      false,
    ],
    [
      'a busy licence',
      { parameters: { simulation: { fault: 'licence-busy', faultRuns: [2] } }, run: 2 },
      'SOLIDWORKS_LICENCE_BUSY',
      true,
    ],
  ];
  it.each(failures)('fails by %s', async (_name, change, code, retryable) => {
    const job = await rig.job('ExportModel', change);
    expect((await rig.run(job)).code).toBe(0);
    expect(await rig.result(job)).toMatchObject({ outcome: 'failed', error: { code, retryable } });
    expect(await rig.ledger()).toHaveLength(2);
  });

  it('crashes without a result and without an end in its ledger', async () => {
    const job = await rig.job('ExportModel', { parameters: { simulation: { fault: 'crash' } } });
    expect((await rig.run(job)).code).toBeNull();
    await expect(rig.result(job)).rejects.toThrow('ENOENT');
    expect(await rig.ledger()).toMatchObject([{ event: 'start' }]);
  });
});
