import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { agentStatus } from '../../../cmdhost/control/contracts.ts';
import { aJob, Rig, simulated } from './rig.ts';
import { runCmdhost } from './run-cmdhost.ts';

describe('the commands for a running agent', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => rig.stop());
  const cmdhost = async (...args: string[]) => runCmdhost([...args, '--config', rig.configFile]);
  const status = async () => agentStatus.parse(JSON.parse((await cmdhost('status', '--json')).stdout));

  it('drain it, wait for what runs, and let it work again', async () => {
    const running = simulated({ fault: 'hang' });
    rig.api.offer(running);
    await rig.agent({ idlePollInterval: 'PT0.1S' });
    await rig.machining(running.attemptId);
    expect(await cmdhost('drain')).toMatchObject({ exitCode: 0, stdout: 'drained; 1 still run\n' });
    expect(await status()).toMatchObject({
      workstation: 'WS-01',
      drained: true,
      runner: 'connected',
      diskLow: false,
      running: [{ attemptId: running.attemptId, application: 'esprit', phase: 'Machining', percent: 10 }],
      unsentResults: 0,
      lastContactAt: expect.any(String),
    });

    const waiting = aJob();
    rig.api.offer(waiting);
    const drained = cmdhost('drain', '--wait');
    rig.api.heartbeatAnswers.set(running.attemptId, 'cancel');
    expect((await rig.result()).kind).toBe('cancelled');
    expect(await drained).toMatchObject({ exitCode: 0, stdout: 'drained\n' });
    expect(rig.api.claims.filter(({ attemptId }) => attemptId === waiting.attemptId)).toEqual([]);

    expect(await cmdhost('resume')).toMatchObject({ exitCode: 0, stdout: 'resumed\n' });
    expect((await rig.result()).attemptId).toBe(waiting.attemptId);
    const { stdout } = await cmdhost('status');
    expect(stdout).toMatch(/^claims work +yes$/m);
  });

  it('say so when no agent runs', async () => {
    const agent = await rig.agent();
    await agent.kill();
    for (const command of ['drain', 'resume', 'status']) {
      const { exitCode, stderr } = await cmdhost(command);
      expect([exitCode, stderr]).toEqual([1, `cmdhost: no agent runs in ${rig.workFolder}\n`]);
    }
  });

  it('claims nothing while its disk has too little room', async () => {
    rig.api.offer(aJob());
    await rig.agent({ minFreeDiskBytes: Number.MAX_SAFE_INTEGER, idlePollInterval: 'PT0.1S' });
    expect(await status()).toMatchObject({ diskLow: true, claiming: false });
    expect((await cmdhost('status')).stdout).toMatch(/^claims work +no: disk nearly full$/m);
    expect(rig.api.claims).toEqual([]);
  });

  it('announces what its adapters can do, and again when the server has forgotten it', async () => {
    const adapters = await rig.adapter('process.exit(0);');
    const abilities = { version: '2024.1', postProcessors: ['fanuc'], machines: ['DMG-*'] };
    await rig.agent({ adapters: adapters.map((adapter) => ({ ...adapter, ...abilities })) });
    expect(rig.api.announces).toMatchObject([
      {
        abilities: [{ application: 'esprit', ...abilities }],
        runner: 'connected',
        platform: expect.any(String),
      },
    ]);
    rig.api.failNext({
      path: '/claim',
      act: (response) =>
        response
          .writeHead(409, { 'content-type': 'application/problem+json' })
          .end(JSON.stringify({ type: 'urn:mcms:problem:workstation-not-announced' })),
    });
    await rig.ringBell();
    const again = await rig.api.seen(() => rig.api.announces[1]);
    expect(again).toEqual(rig.api.announces[0]);
    expect((await rig.run(aJob())).error).toMatchObject({ code: 'ADAPTER_PROTOCOL' });
  });
});
