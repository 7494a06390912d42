import { beforeEach, describe, expect, it } from '@jest/globals';
import { backlogId, haveBacklog } from './backlog.ts';
import { type NotificationRig, incidentsOf, notificationsOf, startNotifications } from './rig.ts';
import { haveRouting, haveWorkstation } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe('behind a thousand open incidents of failures', () => {
  let rig: NotificationRig;
  beforeEach(async () => {
    rig = await startNotifications();
    await haveRouting(rig);
    await haveBacklog(rig, 1001);
  });
  const lost = async () => (await incidentsOf(rig)).filter(({ kind }) => kind === 'workstation-lost');
  const watchFor = async (minutes: number) => {
    for (let round = 0; round < minutes; round += 1) {
      rig.advance(MINUTE_MS);
      await rig.watch();
    }
  };
  const heard = () =>
    rig.database.transaction((trx) =>
      trx.updateTable('Workstation').set({ lastSeenAt: rig.now() }).execute(),
    );

  it('a lost workstation goes out by SMS, is solved when it is heard again, and its next loss is told', async () => {
    await haveWorkstation(rig, { name: 'WS-09' });
    await watchFor(18);
    expect(await lost()).toMatchObject([{ state: 'Open', escalatedAt: expect.any(String) }]);
    await heard();
    await rig.watch();
    expect(await lost()).toMatchObject([{ state: 'Solved' }]);
    await watchFor(3);
    expect(await lost()).toMatchObject([{ state: 'Solved' }, { state: 'Open' }]);
    const opened = (await notificationsOf(rig)).filter(({ kind }) => kind === 'incident-opened');
    expect(opened.map(({ channel }) => channel)).toEqual(['teams', 'email', 'teams', 'email']);
  });

  it('dead letters grow and are told of again', async () => {
    rig.troubles = [{ queue: 'esprit-commands', numbers: [1], newest: rig.now() }];
    await rig.watch();
    await rig.send();
    rig.troubles = [{ queue: 'esprit-commands', numbers: [1, 2], newest: rig.now() }];
    await watchFor(10);
    expect((await incidentsOf(rig)).at(-1)).toMatchObject({ kind: 'dead-letters', occurrences: 2 });
    expect((await notificationsOf(rig)).at(-1)).toMatchObject({ kind: 'incident-updated' });
  });
});

describe('what is due at once in more than one round', () => {
  let rig: NotificationRig;
  beforeEach(async () => {
    rig = await startNotifications();
    await haveRouting(rig);
  });
  const ago = (ms: number) => new Date(Date.parse(rig.now()) - ms).toISOString();
  const toldBy = async (kind: string, channel: string) =>
    (await notificationsOf(rig))
      .filter((row) => row.kind === kind && row.channel === channel)
      .map(({ incidentId }) => incidentId);
  /** From the last of the backlog to the first. */
  const backwards = Array.from({ length: 110 }, (_, index) => backlogId(109 - index));

  it('is told of again, what was told of longest ago first, each once', async () => {
    await haveBacklog(rig, 110, (index) => ({
      occurrences: 2,
      openedAt: ago(3 * HOUR_MS),
      toldAt: ago(HOUR_MS + index * MINUTE_MS),
    }));
    await rig.watch();
    expect(await toldBy('incident-updated', 'teams')).toEqual(backwards.slice(0, 100));
    await rig.watch();
    await rig.watch();
    expect(await toldBy('incident-updated', 'teams')).toEqual(backwards);
  });

  it('goes out by SMS, the oldest first, each once', async () => {
    await haveBacklog(rig, 110, (index) => ({
      severity: 'high',
      openedAt: ago(HOUR_MS + index * MINUTE_MS),
    }));
    await rig.watch();
    expect(await toldBy('incident-escalated', 'sms')).toEqual(backwards.slice(0, 100));
    await rig.watch();
    await rig.watch();
    expect(await toldBy('incident-escalated', 'sms')).toEqual(backwards);
  });
});
