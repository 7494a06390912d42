import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as df from 'durable-functions';
import { gate, startHarness, until, type Harness } from './harness.ts';

let hold = gate();
const secondMs = 1_000;

df.app.activity('held-back', { handler: () => hold.promise });
df.app.activity('plain', { handler: (input: string) => `plain ${input}` });
df.app.orchestration('quick', function* (context) {
  return (yield context.df.callActivity('plain', context.df.getInput())) as unknown;
});
df.app.orchestration('waits', function* (context) {
  return (yield context.df.waitForExternalEvent('go')) as unknown;
});
df.app.orchestration('works', function* (context) {
  yield context.df.callActivity('held-back');
  return (yield context.df.callActivity('plain', 'after')) as unknown;
});
df.app.orchestration('crashes', function* () {
  yield* [];
  throw new Error('crashed');
});

describe("the client's HTTP API", () => {
  let harness: Harness;
  beforeEach(async () => {
    hold = gate();
    harness = await startHarness();
  });
  afterEach(async () => {
    expect(harness.faults).toEqual([]);
    await harness.dispose();
  });

  const call = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${harness.rpcBaseUrl}${path}`, init);
  const statusOf = async (id: string): Promise<string> => {
    await harness.idle();
    return (await harness.client.getStatus(id)).runtimeStatus;
  };

  describe('start', () => {
    it('makes an id of 32 hexadecimal digits when none is given', async () => {
      expect(await harness.client.startNew('quick', { input: 'x' })).toMatch(/^[0-9a-f]{32}$/);
    });

    it.each(['command.r1', 'a b', 'ü', 'a:b', '%41'])('takes the id %j', async (instanceId) => {
      const response = await call(`orchestrators/quick/${encodeURIComponent(instanceId)}`, {
        method: 'POST',
      });
      expect(((await response.json()) as { id: string }).id).toBe(instanceId);
      await harness.idle();
      const status = await call(`instances/${encodeURIComponent(instanceId)}`);
      expect(await status.json()).toMatchObject({ instanceId, runtimeStatus: 'Completed' });
    });

    it.each(['@entity', 'a#b', 'a?b', 'a\\b', 'x'.repeat(257)])('refuses the id %j', async (instanceId) => {
      const response = await call(`orchestrators/quick/${encodeURIComponent(instanceId)}`, {
        method: 'POST',
      });
      expect(response.status).toBe(400);
    });

    it('replaces a finished instance', async () => {
      const id = await harness.client.startNew('quick', { instanceId: 'same', input: 'one' });
      await harness.idle();
      await harness.client.startNew('quick', { instanceId: 'same', input: 'two' });
      await harness.idle();
      expect((await harness.client.getStatus(id)).output).toBe('plain two');
    });

    it('refuses to start over an instance that still runs', async () => {
      await harness.client.startNew('waits', { instanceId: 'same' });
      await expect(harness.client.startNew('waits', { instanceId: 'same' })).rejects.toThrow(
        /409.*already exists/,
      );
      expect(await statusOf('same')).toBe('Running');
    });

    it('refuses an orchestrator that is not registered, and names those that are', async () => {
      await expect(harness.client.startNew('not-there')).rejects.toThrow(
        /400.*'not-there' doesn't exist.*Known: quick, waits, works, crashes/,
      );
    });

    it('refuses a body that is not JSON', async () => {
      const response = await call('orchestrators/quick', { method: 'POST', body: '{"a":' });
      expect(response.status).toBe(400);
    });
  });

  describe('status', () => {
    it('rejects for an unknown id', async () => {
      await expect(harness.client.getStatus('nobody')).rejects.toThrow(/404/);
    });

    it('has times, input, output and status as the client reads them', async () => {
      const id = await harness.client.startNew('quick', { input: 'x' });
      await harness.idle();
      expect(await harness.client.getStatus(id)).toEqual({
        name: 'quick',
        instanceId: id,
        createdTime: new Date('2030-01-01T00:00:00Z'),
        lastUpdatedTime: new Date('2030-01-01T00:00:00Z'),
        input: 'x',
        output: 'plain x',
        customStatus: null,
        runtimeStatus: df.OrchestrationRuntimeStatus.Completed,
      });
    });

    it('answers 202 while the instance runs and 200 when it has ended', async () => {
      const id = await harness.client.startNew('waits');
      await harness.idle();
      expect((await call(`instances/${id}`)).status).toBe(202);
      await harness.client.raiseEvent(id, 'go', 1);
      await harness.idle();
      expect((await call(`instances/${id}`)).status).toBe(200);
    });

    it('leaves the input out on request', async () => {
      const id = await harness.client.startNew('quick', { input: 'x' });
      const response = await call(`instances/${id}?showInput=false`);
      expect(await response.json()).toMatchObject({ input: null });
    });

    it('shows the history without turns, starts folded into ends, outputs only on request', async () => {
      const id = await harness.client.startNew('quick', { input: 'x' });
      await harness.idle();
      const at = '2030-01-01T00:00:00.000Z';
      const history = async (query: string): Promise<unknown> =>
        (
          (await (await call(`instances/${id}?showHistory=true${query}`)).json()) as {
            historyEvents: unknown;
          }
        ).historyEvents;
      expect(await history('&showInput=false')).toEqual([
        { EventType: 'ExecutionStarted', Timestamp: at, FunctionName: 'quick' },
        { EventType: 'TaskCompleted', Timestamp: at, ScheduledTime: at, FunctionName: 'plain' },
        { EventType: 'ExecutionCompleted', Timestamp: at, OrchestrationStatus: 'Completed' },
      ]);
      expect(await history('&showHistoryOutput=true')).toMatchObject([
        { Input: '"x"' },
        { Input: '"x"', Result: 'plain x' },
        { Result: 'plain x' },
      ]);
    });
  });

  describe('events', () => {
    it('rejects for an unknown id', async () => {
      await expect(harness.client.raiseEvent('nobody', 'go', 1)).rejects.toThrow(
        /No instance with ID 'nobody'/,
      );
    });

    it('answers 410 for a finished instance, which the client takes silently', async () => {
      const id = await harness.client.startNew('quick', { input: 'x' });
      await harness.idle();
      await harness.client.raiseEvent(id, 'go', 1);
      const init = { method: 'POST', body: '1', headers: { 'content-type': 'application/json' } };
      expect((await call(`instances/${id}/raiseEvent/go`, init)).status).toBe(410);
    });

    it('takes only JSON', async () => {
      const id = await harness.client.startNew('waits');
      expect((await call(`instances/${id}/raiseEvent/go`, { method: 'POST', body: '1' })).status).toBe(400);
      const init = { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } };
      expect((await call(`instances/${id}/raiseEvent/go`, init)).status).toBe(400);
    });
  });

  describe('list', () => {
    it('filters by status and by creation time', async () => {
      const first = await harness.client.startNew('quick', { instanceId: 'list-1' });
      await harness.pass(10 * secondMs);
      const boundary = harness.clock.now();
      await harness.client.startNew('waits', { instanceId: 'list-2' });
      await harness.client.startNew('crashes', { instanceId: 'list-3' });
      await harness.idle();
      const ids = async (filter: df.OrchestrationFilter): Promise<string[]> =>
        (await harness.client.getStatusBy(filter)).map((status) => status.instanceId);

      expect(await ids({ runtimeStatus: [df.OrchestrationRuntimeStatus.Failed] })).toEqual(['list-3']);
      expect(
        await ids({
          runtimeStatus: [df.OrchestrationRuntimeStatus.Running, df.OrchestrationRuntimeStatus.Completed],
        }),
      ).toEqual(['list-1', 'list-2']);
      expect(await ids({ createdTimeFrom: boundary })).toEqual(['list-2', 'list-3']);
      expect(await ids({ createdTimeTo: new Date(boundary.getTime() - 1) })).toEqual([first]);
      const byPrefix = await call('instances/?instanceIdPrefix=list-2');
      expect(await byPrefix.json()).toMatchObject([{ instanceId: 'list-2' }]);
    });

    it('hands out more than a page by continuation token', async () => {
      for (let index = 0; index < 205; index++) await harness.client.startNew('waits');
      await harness.idle();
      expect(await harness.client.getStatusAll()).toHaveLength(205);
      const page = await call('instances/?top=7');
      expect(await page.json()).toHaveLength(7);
      expect(page.headers.get('x-ms-continuation-token')).not.toBeNull();
    });

    it('refuses a continuation token and a date that it cannot read', async () => {
      const token = { headers: { 'x-ms-continuation-token': 'made up' } };
      expect((await call('instances/', token)).status).toBe(400);
      expect((await call('instances/?createdTimeFrom=yesterday')).status).toBe(400);
    });
  });

  describe('terminate, suspend, resume', () => {
    it('terminates with the reason as output; a late result of an activity changes nothing', async () => {
      const id = await harness.client.startNew('works');
      await until(async () => (await harness.client.getStatus(id)).runtimeStatus === 'Running');
      await harness.client.terminate(id, 'no longer needed');
      hold.open();
      expect(await statusOf(id)).toBe('Terminated');
      expect((await harness.client.getStatus(id)).output).toBe('no longer needed');
    });

    it('lets a new instance take the id of a terminated one, untouched by its late activity', async () => {
      const id = await harness.client.startNew('works', { instanceId: 'again' });
      await until(async () => (await harness.client.getStatus(id)).runtimeStatus === 'Running');
      await harness.client.terminate(id, 'over');
      await harness.client.startNew('waits', { instanceId: 'again' });
      hold.open();
      expect(await statusOf('again')).toBe('Running');
      await harness.client.raiseEvent(id, 'go', 'new');
      await harness.idle();
      expect((await harness.client.getStatus(id)).output).toBe('new');
    });

    it('schedules nothing while suspended, and goes on with everything that came meanwhile', async () => {
      const id = await harness.client.startNew('works');
      await until(async () => (await harness.client.getStatus(id)).runtimeStatus === 'Running');
      await harness.client.suspend(id, 'wait');
      hold.open();
      expect(await statusOf(id)).toBe('Suspended');
      const suspended = await (await call(`instances/${id}?showHistory=true`)).text();
      expect(suspended).not.toContain('TaskCompleted');
      await harness.client.resume(id, 'go on');
      expect(await statusOf(id)).toBe('Completed');
      expect((await harness.client.getStatus(id)).output).toBe('plain after');
    });

    it.each(['terminate', 'suspend', 'resume'] as const)(
      '%s rejects for an unknown id and ignores a finished instance',
      async (verb) => {
        await expect(harness.client[verb]('nobody', 'why')).rejects.toThrow(/No instance with ID 'nobody'/);
        const id = await harness.client.startNew('quick', { input: 'x' });
        await harness.idle();
        await harness.client[verb](id, 'why');
        expect(await statusOf(id)).toBe('Completed');
      },
    );
  });

  describe('purge', () => {
    it('removes a finished instance, and reports none for an unknown one', async () => {
      const id = await harness.client.startNew('quick', { input: 'x' });
      await harness.idle();
      expect(await harness.client.purgeInstanceHistory(id)).toEqual({ instancesDeleted: 1 });
      await expect(harness.client.getStatus(id)).rejects.toThrow(/404/);
      expect(await harness.client.purgeInstanceHistory(id)).toEqual({ instancesDeleted: 0 });
    });

    it('leaves an instance that still runs', async () => {
      const id = await harness.client.startNew('waits');
      expect(await harness.client.purgeInstanceHistory(id)).toEqual({ instancesDeleted: 0 });
      expect(await statusOf(id)).toBe('Running');
    });

    it('removes finished instances by filter', async () => {
      await harness.client.startNew('quick', { input: 'x' });
      await harness.client.startNew('crashes');
      await harness.client.startNew('waits');
      await harness.idle();
      const createdTimeFrom = new Date(0);
      const failed = [df.OrchestrationRuntimeStatus.Failed];
      const purge = harness.client.purgeInstanceHistoryBy.bind(harness.client);
      expect(await purge({ createdTimeFrom, runtimeStatus: failed })).toEqual({ instancesDeleted: 1 });
      expect(await purge({ createdTimeFrom })).toEqual({ instancesDeleted: 1 });
      expect(await purge({ createdTimeFrom })).toEqual({ instancesDeleted: 0 });
      expect(await harness.client.getStatusAll()).toHaveLength(1);
    });
  });

  describe('what it leaves out', () => {
    it('refuses rewind and entities with a sentence that says so', async () => {
      const id = await harness.client.startNew('crashes');
      await expect(harness.client.rewind(id, 'why')).rejects.toThrow(/does not offer rewind/);
      await expect(harness.client.readEntityState(new df.EntityId('counter', 'a'))).rejects.toThrow(
        /501.*does not offer entities/,
      );
    });

    it('answers 404 elsewhere and refuses calls from web pages', async () => {
      expect((await call('nothing/here')).status).toBe(404);
      expect((await call('../other')).status).toBe(404);
      expect((await call('instances/', { headers: { origin: 'http://evil.example' } })).status).toBe(403);
    });

    it('refuses a version at start', async () => {
      await expect(harness.client.startNew('quick', { version: '2' })).rejects.toThrow(
        /501.*does not offer orchestration versions/,
      );
    });

    it('answers a start with management URLs of the local API; the client rewrites the origin of its own', async () => {
      const started = await call('orchestrators/waits/some-id', { method: 'POST' });
      const url = `${harness.rpcBaseUrl}instances/some-id`;
      expect(await started.json()).toMatchObject({ id: 'some-id', statusQueryGetUri: url });
      expect(harness.client.createHttpManagementPayload('some-id').statusQueryGetUri).toBe(
        'http://localhost:7071/durabletask/instances/some-id',
      );
    });
  });
});
