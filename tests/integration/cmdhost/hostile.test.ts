import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { REFUSED_NAMES, takenNames } from './hostile-names.ts';
import { filesOutside, PROBE, seenBy, traces } from './probe.ts';
import { aJob, Rig } from './rig.ts';

const MARKER = `mcms-hostile-${randomUUID()}`;
const TAKEN = takenNames(MARKER);
/** Everything that must stay what it is: data. */
const EVIL = [...TAKEN, ...REFUSED_NAMES.map(([, name]) => name)].filter((name) => name.isWellFormed());

describe('a message to the agent', () => {
  let rig: Rig;
  let before: string[];
  beforeAll(async () => {
    rig = await Rig.start();
    await rig.agent({ adapters: await rig.adapter(PROBE) });
    before = await filesOutside(rig);
  });
  afterAll(async () => rig.stop());

  const inputsNamed = (...names: string[]): Job['inputs'] =>
    names.map((fileName, index) => ({
      fileId: randomUUID(),
      fileName,
      role: 'cam-model',
      ...rig.api.addBlob(Buffer.from(`bytes of input ${index}`)),
    }));

  /** What every adapter has to get, whatever the message says. */
  const expectOnlyItsOwn = async (job: Job): Promise<ReturnType<typeof seenBy>> => {
    const seen = seenBy(rig, job.attemptId);
    const folder = join(rig.workFolder, 'runs', job.attemptId);
    expect(seen.argv).toEqual([
      process.execPath,
      expect.stringMatching(/\.mjs$/),
      '--job',
      join(folder, 'job.json'),
    ]);
    expect(seen.execArgv).toEqual([]);
    expect(seen.cwd).toBe(folder);
    for (const [name, value] of Object.entries(seen.environment)) {
      expect(['PATH', 'HOME', 'LANG', 'TMPDIR']).toContain(name);
      expect(value).toBe(process.env[name]);
    }
    expect(seen.present.filter((path) => !path.startsWith('input'))).toEqual(['job.json', 'output']);
    expect(await filesOutside(rig)).toEqual(before);
    expect(await traces(rig, MARKER)).toEqual([]);
    return seen;
  };

  it('may give an input any name that is one: each is a file of its own in the input folder', async () => {
    const names = TAKEN;
    const job = aJob({ inputs: inputsNamed(...names) });
    expect(await rig.run(job)).toMatchObject({ kind: 'succeeded' });
    const { inputs, present } = await expectOnlyItsOwn(job);
    const folder = join(rig.workFolder, 'runs', job.attemptId, 'input');
    const onDisk = names.map((name) => name.normalize('NFC'));
    expect(inputs).toEqual(
      onDisk.map((name, index) => ({ path: join(folder, name), text: `bytes of input ${index}` })),
    );
    const listed = present.filter((path) => path.startsWith('input'));
    expect(listed).toEqual(['input', ...onDisk.map((name) => `input/${name}`)].sort());
  });

  it.each([
    ['in NFC and in NFD', ['über.nc', 'u\u0308ber.nc']],
    ['in either case', ['ae.nc', 'AE.nc']],
  ])('cannot have one input take the place of another: a name %s is one name', async (_how, names) => {
    const job = aJob({ inputs: inputsNamed(...names) });
    const result = await rig.run(job);
    expect(result).toMatchObject({ kind: 'failed', startedAt: null });
    expect(result.error?.code).toBe('INPUT_NAMES_CLASH');
    expect(rig.api.uploads.has(`${job.attemptId}/seen.json`)).toBe(false);
  });

  it('reaches the adapter as data of the job file, and nowhere else', async () => {
    const text = EVIL.join(' | ');
    const names = [...new Set(EVIL)].filter((name) => name.length <= 100 && name !== '__proto__');
    const parameters = { ...Object.fromEntries(names.map((name) => [name, name])), NODE_OPTIONS: text };
    const job = aJob({
      commandType: '--help',
      parameters: { ...parameters, nested: { '../..': EVIL, PATH: text } },
      requestedBy: text,
      traceparent: `00-$(touch ${MARKER})\n-01`,
    });
    const steps = job.routing.steps.map((step) => ({
      ...step,
      machine: text,
      processDescription: text,
      toolInformation: text,
      notes: text,
    }));
    const routing = { ...job.routing, steps };
    for (const field of ['itemCode', 'revisionCode', 'routingCode', 'name', 'machine'] as const)
      routing[field] = text;

    expect(await rig.run({ ...job, routing })).toMatchObject({ kind: 'succeeded' });

    const { jobFile } = await expectOnlyItsOwn(job);
    expect(JSON.parse(jobFile)).toMatchObject({
      commandType: '--help',
      parameters: { ...parameters, nested: { '../..': EVIL, PATH: text } },
      routing,
    });
    expect(jobFile).not.toContain('requestedBy');
  });
});

describe('a message that the contract refuses', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(async () => rig.stop());

  it('is not run: the agent names each wrong field, writes nothing, and works on', async () => {
    const adapters = await rig.adapter(PROBE);
    const first = await rig.agent({ adapters });
    const before = await filesOutside(rig);
    const blob = rig.api.addBlob(Buffer.from('bytes'));
    const inputs = REFUSED_NAMES.map(([, fileName]) => ({
      fileId: randomUUID(),
      fileName,
      role: 'cam-model' as const,
      ...blob,
    }));
    const refused = { ...aJob({ inputs }), attemptId: `../../${MARKER}` };
    rig.api.offer(refused);
    await rig.ringBell();
    const says = (): string | undefined => /a claim was refused.*/.exec(first.output)?.[0];
    while (says() === undefined) await delay(20);

    expect(says()).toContain('attemptId: ');
    for (const index of inputs.keys()) expect(says()).toContain(`inputs.${index}.fileName: `);
    expect(await filesOutside(rig)).toEqual(before);
    expect(await traces(rig, MARKER)).toEqual([]);
    expect(rig.api.heartbeats).toEqual([]);
    expect(await rig.waiting('esprit-results')).toEqual([]);

    // The same agent would ask again in 15 s.
    await first.kill();
    await rig.agent({ adapters });
    expect(await rig.run(aJob())).toMatchObject({ kind: 'succeeded' });
  });
});
