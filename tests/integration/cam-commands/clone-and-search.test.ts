import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';
import { crash, failedCommand, journalOf, steer } from './steering.ts';

let rig: OrchestrationRig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.dispose());

const get = async (target: string, as: 'reader' | 'operator' = 'reader') =>
  (await rig.http('GET', target, { as })).json;
const idsOf = async (query: string) =>
  ((await get(`commands?${query}`))['value'] as { commandId: string }[]).map(({ commandId }) => commandId);

describe('a clone', () => {
  it('is a new command, linked, with what was changed', async () => {
    const original = await rig.order({
      parameters: { programNumber: 7, postProcessor: 'Fanuc' },
      priority: 8,
    });
    const reply = await steer(rig, `commands/${original}/clone`, {
      as: 'engineer',
      json: { parameters: { programNumber: 9 }, reason: 'other number' },
    });
    expect(reply).toMatchObject({
      status: 202,
      json: {
        clonedFromId: original,
        status: 'Queued',
        run: 1,
        priority: 8,
        parameters: { programNumber: 9 },
        allowedActions: ['cancel', 'clone'],
      },
    });
    const commandId = String(reply.json['commandId']);
    expect(commandId).not.toBe(original);
    expect(reply.headers['location']).toBe(`/api/commands/${commandId}`);
    expect(rig.sender.to('esprit-commands').at(-1)).toMatchObject({ messageId: `${commandId}.r1` });
    const { entries } = await rowsOf(rig, commandId);
    expect(entries.at(-1)).toMatchObject({
      changeType: 'CommandRequested',
      previousValue: `clone of ${original}`,
      comment: 'other number',
      changedBy: 'engineer',
    });
    expect(await journalOf(rig, original)).toMatchObject([
      { action: 'CommandCloned', currentValue: commandId, reason: 'other number' },
    ]);
  });

  it('is as the original when nothing is said', async () => {
    const original = await rig.order({ parameters: { programNumber: 7 } });
    const { json } = await steer(rig, `commands/${original}/clone`, { as: 'engineer', json: undefined });
    expect(json).toMatchObject({ parameters: { programNumber: 7 }, priority: 5, camRev: 1, notBefore: null });
  });

  it('with the same Idempotency-Key is one command', async () => {
    const original = await rig.order();
    const headers = { 'idempotency-key': 'clone-1' };
    const made = [
      await steer(rig, `commands/${original}/clone`, { as: 'engineer', json: {}, headers }),
      await steer(rig, `commands/${original}/clone`, { as: 'engineer', json: {}, headers }),
    ];
    expect(made[0]?.json['commandId']).toBe(made[1]?.json['commandId']);
    expect(await journalOf(rig, original)).toHaveLength(1);
  });

  it('is refused with parameters that do not fit, or to others than engineers', async () => {
    const original = await rig.order();
    const json = { parameters: { nonsense: 1 } };
    expect((await steer(rig, `commands/${original}/clone`, { as: 'engineer', json })).status).toBe(400);
    expect((await steer(rig, `commands/${original}/clone`, { json: {} })).status).toBe(403);
    const none = '00000000-0000-4000-8000-000000000000';
    expect((await steer(rig, `commands/${none}/clone`, { as: 'engineer', json: {} })).status).toBe(404);
  });
});

describe('the search', () => {
  it('finds by type, priority, signature and whether it has ended', async () => {
    const failed = await failedCommand(rig);
    const open = await rig.order({ commandType: 'Simulate', priority: 9 });
    const { errorSignature } = (await rowsOf(rig, failed)).command;
    expect(await idsOf('open=true')).toEqual([open]);
    expect(await idsOf('open=false')).toEqual([failed]);
    expect(await idsOf('commandType=Simulate')).toEqual([open]);
    expect(await idsOf('priority=9')).toEqual([open]);
    expect(await idsOf(`signature=${String(errorSignature)}`)).toEqual([failed]);
    expect(await idsOf('')).toEqual([open, failed]);
    expect((await rig.http('GET', 'commands?signature=nonsense', { as: 'reader' })).status).toBe(400);
    expect((await get(`commands/${failed}`))['error']).toEqual({
      code: 'CRASHED',
      message: 'no such tool',
      signature: errorSignature,
    });
  });
});

describe('failures', () => {
  it('are grouped by signature, the newest first', async () => {
    const other = await failedCommand(rig, 'licence server away');
    await rig.pass(1000);
    const first = await failedCommand(rig, 'no tool T12');
    await rig.pass(1000);
    const second = await failedCommand(rig, 'no tool T13');
    const groups = (await get('command-failures'))['value'] as Record<string, unknown>[];
    expect(groups).toMatchObject([
      {
        code: 'CRASHED',
        application: 'esprit',
        commandType: 'GenerateNcProgram',
        count: 2,
        commands: 2,
        workstations: ['WS-1'],
        example: { commandId: second, message: 'no tool T13' },
      },
      { count: 1, example: { commandId: other } },
    ]);
    expect(await idsOf(`signature=${String(groups[0]?.['signature'])}`)).toEqual([second, first]);
    const count = async (query: string) =>
      ((await get(`command-failures?${query}`))['value'] as unknown[]).length;
    expect(await count('commandType=Simulate')).toBe(0);
    expect(await count('application=esprit&commandType=GenerateNcProgram')).toBe(2);
    expect(await count(`from=${String(groups[0]?.['firstAt'])}`)).toBe(1);
    expect(await count(`to=${String(groups[0]?.['firstAt'])}`)).toBe(1);
    expect(await count('top=1')).toBe(1);
  });
});

describe('command types', () => {
  it('are shown with parameters as JSON Schema and policies in milliseconds', async () => {
    const types = (await get('command-types'))['value'] as Record<string, unknown>[];
    expect(
      types.map(({ application, commandType }) => `${String(application)} ${String(commandType)}`),
    ).toEqual([
      'esprit GenerateNcProgram',
      'esprit PostProcess',
      'esprit Simulate',
      'esprit ExportSetupSheet',
      'solidworks ExportModel',
      'solidworks ExtractMetadata',
    ]);
    expect(types[0]).toMatchObject({
      parameters: {
        type: 'object',
        additionalProperties: false,
        properties: { programNumber: { type: 'integer', minimum: 1, maximum: 9999 } },
      },
      ability: { minVersion: null, fromOrder: ['machine', 'postProcessor'] },
      limits: { queueMs: 86_400_000, attemptMs: 1_800_000, commandMs: 172_800_000 },
      heartbeat: { intervalMs: 5000, leaseMs: 30_000 },
      retry: { maxAttempts: 4 },
      licencePool: 'esprit',
      reprocess: { times: 1, afterMs: 600_000 },
    });
    expect(types[2]).toMatchObject({ ability: { fromOrder: ['machine'] } });
    expect((await rig.http('GET', 'command-types', { as: 'cmdhost' })).status).toBe(403);
  });
});

describe('a cancellation', () => {
  it('is in the journal, and loses to the end of its command', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await steer(rig, `commands/${commandId}/cancel`);
    await rig.report(job, { kind: 'cancelled' });
    expect(await journalOf(rig, commandId)).toMatchObject([
      { action: 'CommandCancelRequested', actedBy: 'operator', currentValue: 'Cancelling' },
    ]);
    const ended = await rig.order();
    await crash(rig, await mustClaim(rig), 'x', false);
    expect(await steer(rig, `commands/${ended}/cancel`)).toMatchObject({
      status: 409,
      json: { code: 'command-finished', commandStatus: 'Failed' },
    });
    expect(await journalOf(rig, ended)).toEqual([]);
  });

  it('is paged through in the journal', async () => {
    for (let index = 0; index < 3; index += 1) {
      await steer(rig, `commands/${await rig.order()}/cancel`);
    }
    const first = await get('operator-actions?top=2&action=CommandCancelRequested', 'operator');
    expect(first['value']).toHaveLength(2);
    const next = new URL(String(first['nextLink']));
    const second = await get(`operator-actions${next.search}`, 'operator');
    expect(second['value']).toHaveLength(1);
    expect(second['nextLink']).toBeUndefined();
  });
});
