import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServingSimulator, type Simulator, SimulatorRig } from '../../../tests/support/simulator.ts';

const COMMANDS: [Simulator, string, string][] = [
  ['esprit-simulator', 'GenerateNcProgram', 'ESPRIT_LICENCE_BUSY'],
  ['solidworks-simulator', 'ExportModel', 'SOLIDWORKS_LICENCE_BUSY'],
];

describe.each(COMMANDS)('%s --serve', (simulator, commandType, licenceBusy) => {
  let rig: SimulatorRig;
  let serving: ServingSimulator;

  beforeEach(async () => {
    rig = await SimulatorRig.create(simulator);
    serving = new ServingSimulator(rig);
  });
  afterEach(async () => {
    serving.child.kill('SIGKILL');
    await serving.ended;
    await rig.remove();
  });

  it('runs several jobs in one process, each to its result', async () => {
    const jobs = [
      await rig.job(commandType),
      await rig.job(commandType, { parameters: { simulation: { fault: 'licence-busy' } } }),
      await rig.job(commandType),
    ];
    for (const job of jobs) {
      serving.request(job);
      const lines = await serving.until('done');
      expect(lines.at(-1)).toEqual({ type: 'done', attemptId: job.attemptId });
      // The result is in place by then.
      await rig.result(job);
    }
    const [first, busy, last] = await Promise.all(jobs.map(async (job) => rig.result(job)));
    expect(first).toMatchObject({ outcome: 'succeeded' });
    expect(busy).toMatchObject({ outcome: 'failed', error: { code: licenceBusy, retryable: true } });
    expect(last).toEqual(first);
    const { pid } = serving.child;
    expect(await rig.ledger()).toMatchObject(
      jobs.flatMap(({ attemptId }) => [
        { event: 'start', attemptId, pid },
        { event: 'end', attemptId, pid },
      ]),
    );
  });

  it('makes the same files as a process of its own', async () => {
    const served = await rig.job(commandType);
    serving.request(served);
    await serving.until('done');
    const alone = await rig.job(commandType);
    await rig.run(alone);
    const result = await rig.result(alone);
    expect(await rig.result(served)).toEqual(result);
    for (const { fileName } of result.outcome === 'succeeded' ? result.outputs : [])
      expect(await readFile(join(served.outputFolder, fileName), 'utf8')).toBe(
        await readFile(join(alone.outputFolder, fileName), 'utf8'),
      );
  });

  it('runs one job at a time', async () => {
    const jobs = [await rig.job(commandType), await rig.job(commandType)];
    for (const job of jobs) serving.request(job);
    await serving.until('done');
    await serving.until('done');
    expect((await rig.ledger()).map(({ event, attemptId }) => [event, attemptId])).toEqual(
      jobs.flatMap(({ attemptId }) => [
        ['start', attemptId],
        ['end', attemptId],
      ]),
    );
  });

  it('dies of a crash, after jobs that went well', async () => {
    serving.request(await rig.job(commandType));
    await serving.until('done');
    const crashing = await rig.job(commandType, { parameters: { simulation: { fault: 'crash' } } });
    serving.request(crashing);
    expect(await serving.ended).toEqual([null, 'SIGKILL']);
    await expect(rig.result(crashing)).rejects.toThrow('ENOENT');
    expect((await rig.ledger()).map(({ event }) => event)).toEqual(['start', 'end', 'start']);
  });

  it('ends with its stdin, idle', async () => {
    serving.request(await rig.job(commandType));
    await serving.until('done');
    serving.child.stdin?.end();
    expect(await serving.ended).toEqual([3, null]);
  });

  it('ends with its stdin in the middle of a job', async () => {
    serving.request(await rig.job(commandType, { parameters: { simulation: { fault: 'hang' } } }));
    await serving.until('progress');
    serving.child.stdin?.end();
    expect(await serving.ended).toEqual([3, null]);
    expect((await rig.ledger()).map(({ event }) => event)).toEqual(['start']);
  });
});
