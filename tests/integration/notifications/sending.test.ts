import { beforeEach, describe, expect, it } from '@jest/globals';
import { removeOldNotifications, solveIncident } from '../../../shared/notifications/index.ts';
import {
  ENDED,
  type NotificationRig,
  commandId,
  incidentsOf,
  notificationsOf,
  startNotifications,
} from './rig.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

describe('what is to be told', () => {
  let rig: NotificationRig;
  beforeEach(async () => {
    rig = await startNotifications();
  });

  it('reaches the person who ordered and the operators once, and the incident knows it', async () => {
    await rig.end();
    expect(await incidentsOf(rig)).toMatchObject([{ state: 'Open', toldAt: null, toldOccurrences: 0 }]);
    expect(await rig.send()).toEqual({ sent: 3, failed: 0 });
    expect(await rig.send()).toEqual({ sent: 0, failed: 0 });

    const taken = await rig.taken();
    expect(taken.map(({ channel, to }) => `${channel} ${to.join()}`).sort()).toEqual([
      'email kim@shop.example',
      'email operators@shop.example',
      'teams workflow',
    ]);
    expect(taken.find(({ channel }) => channel === 'teams')?.title).toBe(
      'esprit GenerateNcProgram failed: ESPRIT_CRASHED',
    );
    expect(await incidentsOf(rig)).toMatchObject([{ toldAt: rig.now(), toldOccurrences: 1 }]);
    expect(new Set((await notificationsOf(rig)).map(({ state }) => state))).toEqual(new Set(['Sent']));
  });

  it('is removed 90 days after it was sent or given up, once its incident is solved', async () => {
    const DAY_MS = 24 * HOUR_MS;
    const remove = () =>
      removeOldNotifications({ database: rig.database, clock: { now: () => new Date(rig.now()) } }, 2);
    await rig.end();
    await rig.send();
    await rig.end({ commandId: commandId(2), outcome: 'Succeeded', error: undefined });
    await rig.fault({ channel: 'email', refuse: 1_000, status: 503 });
    rig.advance(DAY_MS);
    expect(await rig.send()).toEqual({ sent: 0, failed: 1 });
    const states = async () => (await notificationsOf(rig)).map(({ state }) => state).sort();
    expect(await states()).toEqual(['GivenUp', 'Sent', 'Sent', 'Sent']);

    rig.advance(89 * DAY_MS);
    expect(await remove()).toBe(0);
    rig.advance(2 * DAY_MS);
    expect([await remove(), await remove()]).toEqual([2, 0]);
    expect(await states()).toEqual(['Sent', 'Sent']);
    const [incident] = await incidentsOf(rig);
    await solveIncident(rig, {
      incidentId: incident?.incidentId ?? '',
      change: { at: rig.now(), by: 'lee', kind: 'user', comment: 'a new post-processor' },
      expectedVersion: undefined,
    });
    expect([await remove(), await remove()]).toEqual([2, 0]);
    expect(await states()).toEqual([]);
  });

  it('tells a person of a success and nobody else', async () => {
    await rig.end({ outcome: 'Succeeded', error: undefined, requestedBy: 'lee@works.example' });
    await rig.send();
    expect(await rig.taken()).toMatchObject([
      { channel: 'email', to: ['lee@works.example'], title: '[MCMS] GenerateNcProgram of P-100 B is done' },
    ]);
    expect(await incidentsOf(rig)).toEqual([]);
  });

  it.each([
    ['a producer', { requestedByKind: 'producer', requestedBy: 'mes@works.example' }],
    ['a name of several words', { requestedBy: 'Kim Min-ji' }],
  ])('has no mail for %s', async (_who, ended) => {
    await rig.end({ ...ended, outcome: 'Succeeded', error: undefined });
    expect(await notificationsOf(rig)).toEqual([]);
  });

  it('is rolled back with the command that it tells of', async () => {
    const failing = rig.database.transaction(async (trx) => {
      await rig.notices.commandEnded(trx, ENDED);
      throw new Error('the command could not be written');
    });
    await expect(failing).rejects.toThrow('could not be written');
    expect([await notificationsOf(rig), await incidentsOf(rig)]).toEqual([[], []]);
  });

  it('is sent by one of two hosts', async () => {
    for (let index = 0; index < 10; index += 1) await rig.end({ commandId: commandId(index) });
    const other = await rig.secondHost();
    const reports = await Promise.all([rig.send(), rig.send(other), rig.send(), rig.send(other)]);
    expect(reports.reduce((sum, { sent }) => sum + sent, 0)).toBe(12);
    expect(await rig.taken()).toHaveLength(12);
  });

  it('waits while a channel is away, with growing pauses, and goes out when it is back', async () => {
    await rig.fault({ channel: 'teams', refuse: 2 });
    await rig.end();
    expect(await rig.send()).toEqual({ sent: 2, failed: 1 });
    expect(await rig.send()).toEqual({ sent: 0, failed: 0 });
    rig.advance(5 * SECOND_MS);
    expect(await rig.send()).toEqual({ sent: 0, failed: 1 });
    rig.advance(9 * SECOND_MS);
    expect(await rig.send()).toEqual({ sent: 0, failed: 0 });
    rig.advance(SECOND_MS);
    expect(await rig.send()).toEqual({ sent: 1, failed: 0 });
    expect(await rig.taken('teams')).toHaveLength(1);
  });

  it('costs a channel that is away one try per round, however much is due', async () => {
    for (let index = 0; index < 5; index += 1)
      await rig.end({ commandId: commandId(index), outcome: 'Succeeded', error: undefined });
    await rig.fault({ channel: 'email', drop: 1 });
    expect(await rig.send()).toEqual({ sent: 0, failed: 1 });
    expect((await notificationsOf(rig)).map(({ attempts }) => attempts)).toEqual([1, 0, 0, 0, 0]);
    expect(await rig.send()).toEqual({ sent: 4, failed: 0 });
  });

  it('waits as long as the channel asks', async () => {
    await rig.fault({ channel: 'email', refuse: 1, status: 429, retryAfter: 120 });
    await rig.end({ outcome: 'Succeeded', error: undefined });
    await rig.send();
    const [row] = await notificationsOf(rig);
    expect(Date.parse(row?.nextAt ?? '') - Date.parse(rig.now())).toBe(120 * SECOND_MS);
  });

  it('is given up after a day', async () => {
    await rig.fault({ refuse: 1000 });
    await rig.end({ outcome: 'Succeeded', error: undefined });
    rig.advance(24 * HOUR_MS);
    await rig.send();
    expect(await notificationsOf(rig)).toMatchObject([
      { state: 'GivenUp', lastError: 'the e-mail service answered 503' },
    ]);
    rig.advance(HOUR_MS);
    expect(await rig.send()).toEqual({ sent: 0, failed: 0 });
  });

  it('keeps the address of the workflow and the key out of rows', async () => {
    await rig.fault({ drop: 3 });
    await rig.end();
    await rig.send();
    const secrets = [rig.settings.teams?.webhookUrl ?? '?', 'accesskey', 'sharedkey'];
    const rows = JSON.stringify(await notificationsOf(rig));
    expect(secrets.filter((secret) => rows.includes(secret))).toEqual([]);
    expect(rows).toContain('did not answer');
  });
});

describe('a host that dies between sending and noting it', () => {
  /** The service took it, the answer got lost and the host died: the row still says that a host has it. */
  const dieAfterSending = async (rig: NotificationRig, channel: 'email' | 'sms') => {
    await rig.fault({ channel, dropAnswer: 1 });
    await rig.send();
    await rig.database.transaction((trx) =>
      trx.updateTable('Notification').set({ state: 'Sending' }).where('channel', '=', channel).execute(),
    );
  };

  it('leaves a mail that another host sends again, and the service knows it: one mail', async () => {
    const rig = await startNotifications();
    await rig.end({ outcome: 'Succeeded', error: undefined });
    await dieAfterSending(rig, 'email');
    rig.advance(120 * SECOND_MS);
    expect(await rig.send()).toEqual({ sent: 1, failed: 0 });
    expect(await rig.taken('email')).toHaveLength(1);
  });

  it('keeps its rows to itself until its lease is over', async () => {
    const rig = await startNotifications();
    await rig.end({ outcome: 'Succeeded', error: undefined });
    const lease = new Date(Date.parse(rig.now()) + 120 * SECOND_MS).toISOString();
    await rig.database.transaction((trx) =>
      trx.updateTable('Notification').set({ state: 'Sending', attempts: 1, nextAt: lease }).execute(),
    );
    rig.advance(119 * SECOND_MS);
    expect(await rig.send()).toEqual({ sent: 0, failed: 0 });
    rig.advance(SECOND_MS);
    expect(await rig.send()).toEqual({ sent: 1, failed: 0 });
  });
});

describe('with no channel', () => {
  it('incidents count as told, for there is nobody to wait for', async () => {
    const rig = await startNotifications({ silent: true });
    await rig.end();
    expect(await notificationsOf(rig)).toEqual([]);
    expect(await incidentsOf(rig)).toMatchObject([{ toldAt: rig.now(), toldOccurrences: 1 }]);
  });
});
