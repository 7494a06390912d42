import { beforeEach, describe, expect, it } from '@jest/globals';
import { acknowledgeIncident, solveIncident } from '../../../shared/notifications/index.ts';
import { type NotificationRig, commandId, incidentsOf, notificationsOf, startNotifications } from './rig.ts';
import { haveCommand, haveLane, havePause, haveRouting, haveWork, haveWorkstation } from './world.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Rows of a failed run: the person's mail, the operators' mail and Teams. */
const ROWS = 3;
const OTHER = { code: 'TIMED_OUT', message: 'too long', signature: 'fedcba9876543210' };

describe('an incident', () => {
  let rig: NotificationRig;
  beforeEach(async () => {
    rig = await startNotifications();
    await haveRouting(rig);
  });

  it('is one per cause, and each failed run belongs to it once', async () => {
    await rig.end({ commandId: commandId(1) });
    await rig.end({ commandId: commandId(1) });
    await rig.end({ commandId: commandId(2) });
    await rig.end({ commandId: commandId(1), run: 2 });
    await rig.end({ commandId: commandId(3), error: OTHER });
    expect(await incidentsOf(rig)).toMatchObject([
      { cause: 'failure:0123456789abcdef', occurrences: 3 },
      { cause: 'failure:fedcba9876543210', occurrences: 1 },
    ]);
    const opened = (await notificationsOf(rig)).filter(({ kind }) => kind === 'incident-opened');
    expect(opened).toHaveLength(4);
  });

  it('is one also for failures at the same moment from two hosts', async () => {
    const other = await rig.secondHost();
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        rig.end({ commandId: commandId(index) }, index % 2 === 0 ? rig.database : other),
      ),
    );
    expect(await incidentsOf(rig)).toMatchObject([{ occurrences: 8, severity: 'high' }]);
    const runs = await rig.database.read.selectFrom('IncidentCommand').selectAll().execute();
    expect(runs).toHaveLength(8);
  });

  it('that goes on is told of again after ten minutes, once', async () => {
    await haveCommand(rig, commandId(1), 'Failed');
    await rig.end({ commandId: commandId(1) });
    await rig.send();
    await rig.end({ commandId: commandId(2) });
    await rig.end({ commandId: commandId(3) });
    rig.advance(10 * MINUTE_MS - 1);
    await rig.watch();
    await rig.send();
    expect(await rig.taken('teams')).toHaveLength(1);
    rig.advance(1);
    for (let round = 0; round < 3; round += 1) {
      await rig.watch();
      await rig.send();
    }
    expect((await rig.taken('teams')).map(({ title }) => title)).toEqual([
      'esprit GenerateNcProgram failed: ESPRIT_CRASHED',
      'Again: esprit GenerateNcProgram failed: ESPRIT_CRASHED',
    ]);
    expect(await incidentsOf(rig)).toMatchObject([{ occurrences: 3, toldOccurrences: 3 }]);
  });

  it('is told of anew when its first message was given up, and counts as told only when a channel takes one', async () => {
    const dayAway = async () => {
      rig.advance(24 * HOUR_MS);
      for (let row = 0; row < ROWS; row += 1) await rig.send();
    };
    await haveCommand(rig, commandId(1), 'Failed');
    await rig.fault({ refuse: 1000 });
    await rig.end({ commandId: commandId(1) });
    await dayAway();
    const states = async () =>
      (await notificationsOf(rig)).filter(({ channel }) => channel === 'teams').map(({ state }) => state);
    expect(await states()).toEqual(['GivenUp']);
    await rig.watch();
    await rig.watch();
    expect(await states()).toEqual(['GivenUp', 'Pending']);
    expect(await incidentsOf(rig)).toMatchObject([{ occurrences: 1, toldAt: null, toldOccurrences: 0 }]);

    await dayAway();
    await rig.watch();
    await rig.fault({ refuse: 0 });
    await rig.send();
    expect(await states()).toEqual(['GivenUp', 'GivenUp', 'Sent']);
    expect(await rig.taken('teams')).toHaveLength(1);
    expect(await incidentsOf(rig)).toMatchObject([{ toldAt: rig.now(), toldOccurrences: 1 }]);
  });

  it('is told of anew by one of two hosts, and not in every round when it cannot be written', async () => {
    await haveCommand(rig, commandId(1), 'Failed');
    await rig.end({ commandId: commandId(1) });
    const giveUp = () =>
      rig.database.transaction((trx) => trx.updateTable('Notification').set({ state: 'GivenUp' }).execute());
    await giveUp();
    await rig.watch();
    expect(await notificationsOf(rig)).toHaveLength(ROWS);
    rig.advance(10 * MINUTE_MS);
    const other = await rig.secondHost();
    await Promise.all([rig.watch(), rig.watch(other), rig.watch(), rig.watch(other)]);
    expect(await notificationsOf(rig)).toHaveLength(ROWS + 2);
    await giveUp();
    await rig.watch();
    expect(await notificationsOf(rig)).toHaveLength(ROWS + 2);
  });

  it('is solved when all its commands have succeeded or been cancelled, and comes again as a new one', async () => {
    await haveCommand(rig, commandId(1), 'Succeeded');
    await haveCommand(rig, commandId(2), 'Failed');
    await rig.end({ commandId: commandId(1) });
    await rig.end({ commandId: commandId(2) });
    await rig.watch();
    expect(await incidentsOf(rig)).toMatchObject([{ state: 'Open' }]);
    await rig.database.transaction((trx) =>
      trx.updateTable('CamCommand').set({ status: 'Cancelled' }).where('status', '=', 'Failed').execute(),
    );
    await rig.watch();
    await rig.end({ commandId: commandId(2), run: 2 });
    expect(await incidentsOf(rig)).toMatchObject([
      { state: 'Solved', solvedBy: 'mcms', solvedAt: rig.now() },
      { state: 'Open', occurrences: 1, cause: 'failure:0123456789abcdef' },
    ]);
    const journal = await rig.database.read.selectFrom('OperatorAction').selectAll().execute();
    expect(journal).toMatchObject([{ action: 'IncidentSolved', actedBy: 'mcms', actorKind: 'service' }]);
  });

  it('that is severe goes out by SMS when nobody acknowledges it, once', async () => {
    rig.troubles = [{ queue: 'esprit-commands', numbers: [1, 2], newest: rig.now() }];
    await rig.watch();
    await rig.send();
    rig.advance(15 * MINUTE_MS - 1);
    await rig.watch();
    await rig.send();
    expect(await rig.taken('sms')).toEqual([]);
    rig.advance(1);
    for (let round = 0; round < 3; round += 1) {
      await rig.watch();
      await rig.send();
    }
    expect(await rig.taken('sms')).toMatchObject([
      { to: ['+821000000001'], text: expect.stringContaining('esprit-commands') },
    ]);
  });
});

describe('the watch', () => {
  let rig: NotificationRig;
  beforeEach(async () => {
    rig = await startNotifications();
    await haveRouting(rig);
  });
  /** Rounds every 15 s, as the timer has them. */
  const watchFor = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 15 * SECOND_MS) {
      rig.advance(15 * SECOND_MS);
      await rig.watch();
    }
  };
  const states = async () => (await incidentsOf(rig)).map(({ kind, state }) => `${kind} ${state}`);

  it('opens an incident for dead letters, grows it, and solves it when they are gone', async () => {
    rig.troubles = [{ queue: 'esprit-rejected', numbers: [7], newest: rig.now(), reason: 'invalid-message' }];
    await rig.watch();
    rig.troubles = [{ queue: 'esprit-rejected', numbers: [7, 8, 9], newest: rig.now() }];
    await rig.watch();
    await rig.watch();
    expect(await incidentsOf(rig)).toMatchObject([
      { kind: 'dead-letters', queue: 'esprit-rejected', occurrences: 3, state: 'Open' },
    ]);
    rig.troubles = [];
    await rig.watch();
    expect(await states()).toEqual(['dead-letters Solved']);
  });

  it('sees dead letters that took the place of others, and those that came late', async () => {
    const newest = rig.now();
    const numbers = Array.from({ length: 100 }, (_, index) => index + 10);
    const occurrences = async () => (await incidentsOf(rig)).map((row) => row.occurrences);
    rig.troubles = [{ queue: 'esprit-commands', numbers, newest }];
    await rig.watch();
    expect(await occurrences()).toEqual([100]);
    rig.advance(MINUTE_MS);
    // Ten were taken away and ten came: as many as before.
    rig.troubles = [{ queue: 'esprit-commands', numbers: numbers.map((number) => number + 10), newest }];
    await rig.watch();
    await rig.watch();
    expect(await occurrences()).toEqual([110]);
    rig.advance(MINUTE_MS);
    // One that was sent before all of them, and has been given up only now.
    rig.troubles = [{ queue: 'esprit-commands', numbers: [3], newest, arrived: { count: 1, at: rig.now() } }];
    await rig.watch();
    rig.advance(15 * SECOND_MS);
    await rig.watch();
    expect(await occurrences()).toEqual([111]);
  });

  it('does not open dead letters again that a person has seen to, but what has come since', async () => {
    const newest = rig.now();
    rig.troubles = [{ queue: 'esprit-commands', numbers: [7], newest }];
    await rig.watch();
    rig.advance(MINUTE_MS);
    const solveByHand = async () => {
      const { incidentId = '' } = (await incidentsOf(rig)).at(-1) ?? {};
      const change = { by: 'operator', kind: 'user', at: rig.now(), comment: 'seen to' } as const;
      await solveIncident(rig, { incidentId, change, expectedVersion: undefined });
      rig.advance(MINUTE_MS);
    };
    await solveByHand();
    await rig.watch();
    expect(await states()).toEqual(['dead-letters Solved']);
    // Sent before the solution, given up after it.
    rig.troubles = [{ queue: 'esprit-commands', numbers: [7, 8], newest }];
    await rig.watch();
    expect(await states()).toEqual(['dead-letters Solved', 'dead-letters Open']);
    await solveByHand();
    rig.troubles = [
      { queue: 'esprit-commands', numbers: [6, 7, 8], newest, arrived: { count: 1, at: rig.now() } },
    ];
    await rig.watch();
    expect(await states()).toEqual(['dead-letters Solved', 'dead-letters Solved', 'dead-letters Open']);
  });

  it('misses a workstation after two minutes of its own, until it is heard again', async () => {
    await haveWorkstation(rig, { name: 'WS-09' });
    await watchFor(2 * MINUTE_MS);
    expect(await states()).toEqual([]);
    await watchFor(30 * SECOND_MS);
    expect(await states()).toEqual(['workstation-lost Open']);
    await rig.database.transaction((trx) =>
      trx.updateTable('Workstation').set({ lastSeenAt: rig.now() }).execute(),
    );
    await watchFor(15 * SECOND_MS);
    expect(await states()).toEqual(['workstation-lost Solved']);
  });

  it('does not miss one that is paused', async () => {
    await haveWorkstation(rig, { name: 'WS-09' });
    await havePause(rig, { workstation: 'WS-09' });
    await watchFor(4 * MINUTE_MS);
    expect(await states()).toEqual([]);
  });

  it('opens an incident when work waits over two minutes, not counting a pause', async () => {
    await haveCommand(rig, commandId(1), 'Queued');
    await haveWork(rig, commandId(1));
    await watchFor(2 * MINUTE_MS);
    expect(await states()).toEqual([]);
    const pauseId = await havePause(rig, { application: 'esprit' });
    await watchFor(5 * MINUTE_MS);
    expect(await states()).toEqual([]);
    await rig.database.transaction((trx) =>
      trx.updateTable('CamPause').set({ endedAt: rig.now() }).where('pauseId', '=', pauseId).execute(),
    );
    await watchFor(15 * SECOND_MS);
    expect(await incidentsOf(rig)).toMatchObject([
      { kind: 'queue-wait', application: 'esprit', state: 'Open', errorMessage: 'no workstation for esprit' },
    ]);
    await rig.database.transaction((trx) => trx.deleteFrom('CamWorkItem').execute());
    await watchFor(15 * SECOND_MS);
    expect(await states()).toEqual(['queue-wait Solved']);
  });

  it('sees the wait of each lane, however much waits in a paused one', async () => {
    await haveLane(rig, 1, { commandType: 'Simulate' });
    await haveLane(rig, 2, {});
    await havePause(rig, { application: 'esprit', commandType: 'Simulate' });
    for (let index = 1; index <= 201; index += 1) {
      await haveCommand(rig, commandId(index), 'Queued', { commandType: 'Simulate' });
      await haveWork(rig, commandId(index), 1);
    }
    await haveCommand(rig, commandId(900), 'Queued');
    await haveWork(rig, commandId(900), 2);
    await watchFor(2 * MINUTE_MS + 15 * SECOND_MS);
    expect(await incidentsOf(rig)).toMatchObject([
      { kind: 'queue-wait', commandType: 'GenerateNcProgram', state: 'Open' },
    ]);
  });

  it('sees the wait of a lane beside one of the same type whose wait a person has seen to', async () => {
    await haveLane(rig, 1, { postProcessor: 'Fanuc' });
    await haveLane(rig, 2, {});
    await haveCommand(rig, commandId(1), 'Queued', { postProcessor: 'Fanuc' });
    await haveWork(rig, commandId(1), 1);
    await watchFor(2 * MINUTE_MS + 15 * SECOND_MS);
    const [{ incidentId } = { incidentId: '' }] = await incidentsOf(rig);
    const change = { by: 'operator', kind: 'user', at: rig.now(), comment: 'ordered' } as const;
    await solveIncident(rig, { incidentId, change, expectedVersion: undefined });
    rig.advance(15 * SECOND_MS);
    await haveCommand(rig, commandId(2), 'Queued');
    await haveWork(rig, commandId(2), 2);
    await watchFor(MINUTE_MS);
    expect(await states()).toEqual(['queue-wait Solved']);
    await watchFor(MINUTE_MS + 15 * SECOND_MS);
    expect(await states()).toEqual(['queue-wait Solved', 'queue-wait Open']);
  });

  it('does not take a wait for late while all who could take the work are paused', async () => {
    const heard = () =>
      rig.database.transaction((trx) =>
        trx.updateTable('Workstation').set({ lastSeenAt: rig.now() }).execute(),
      );
    const minutes = async (many: number) => {
      for (let minute = 0; minute < many; minute += 1) {
        await watchFor(MINUTE_MS);
        await heard();
      }
    };
    await haveWorkstation(rig, { name: 'WS-01' });
    await haveWorkstation(rig, { name: 'WS-02' });
    await haveWorkstation(rig, { name: 'WS-03', applications: ['solidworks'] });
    const pauses = [
      await havePause(rig, { workstation: 'WS-01' }),
      await havePause(rig, { workstation: 'WS-02' }),
    ];
    await haveCommand(rig, commandId(1), 'Queued');
    await haveWork(rig, commandId(1));
    await minutes(5);
    expect(await states()).toEqual([]);
    await rig.database.transaction((trx) =>
      trx
        .updateTable('CamPause')
        .set({ endedAt: rig.now() })
        .where('pauseId', '=', pauses[1] ?? '')
        .execute(),
    );
    await minutes(2);
    expect(await states()).toEqual([]);
    await watchFor(15 * SECOND_MS);
    expect(await states()).toEqual(['queue-wait Open']);
  });

  describe('of certificates', () => {
    const DAY_MS = 24 * HOUR_MS;
    const expiring = async (days: number) => {
      const certificateExpiresAt = new Date(Date.parse(rig.now()) + days * DAY_MS).toISOString();
      await haveWorkstation(rig, { name: 'WS-09', certificateExpiresAt });
    };
    /** Days later, the workstation still there with the same certificate. */
    const daysLater = async (days: number) => {
      rig.advance(days * DAY_MS);
      await rig.database.transaction((trx) =>
        trx.updateTable('Workstation').set({ lastSeenAt: rig.now() }).execute(),
      );
      for (let round = 0; round < 3; round += 1) {
        await rig.watch();
        await rig.send();
      }
    };
    const cards = async () =>
      (await notificationsOf(rig))
        .filter(({ channel }) => channel === 'teams')
        .map(({ kind, content }) => `${kind} ${/"severity":"(\w+)"/.exec(content)?.[1]}`);

    it('tells once while there is time, and once more when it becomes severe', async () => {
      await expiring(20);
      await daysLater(0);
      await daysLater(12);
      expect(await cards()).toEqual(['incident-opened medium']);
      expect(await rig.taken('sms')).toEqual([]);
      await daysLater(3);
      await daysLater(1);
      expect(await cards()).toEqual(['incident-opened medium', 'incident-updated high']);
      expect(await rig.taken('sms')).toMatchObject([{ text: expect.stringContaining('WS-09') }]);
      expect(await incidentsOf(rig)).toMatchObject([{ state: 'Open', severity: 'high', occurrences: 2 }]);
    });

    it('tells also whoever has acknowledged it when it becomes severe, but not by SMS', async () => {
      await expiring(20);
      await daysLater(0);
      const [{ incidentId } = { incidentId: '' }] = await incidentsOf(rig);
      const change = { by: 'operator', kind: 'user', at: rig.now() } as const;
      await acknowledgeIncident(rig, { incidentId, change, expectedVersion: undefined, owner: 'operator' });
      await daysLater(15);
      expect(await cards()).toEqual(['incident-opened medium', 'incident-updated high']);
      expect(await rig.taken('sms')).toEqual([]);
    });

    it('tells of one that has little time left from the first as of any severe incident', async () => {
      await expiring(5);
      await daysLater(0);
      expect(await cards()).toEqual(['incident-opened high']);
      rig.advance(15 * MINUTE_MS);
      await daysLater(0);
      expect(await cards()).toEqual(['incident-opened high']);
      expect(await rig.taken('sms')).toHaveLength(1);
    });

    it('tells of a certificate once, also after somebody has solved it', async () => {
      const expires = new Date(Date.parse(rig.now()) + 20 * 86_400_000).toISOString();
      await haveWorkstation(rig, { name: 'WS-09', certificateExpiresAt: expires });
      await rig.watch();
      expect(await states()).toEqual(['certificate-expiring Open']);
      const [row] = await incidentsOf(rig);
      await rig.database.transaction((trx) =>
        trx
          .updateTable('Incident')
          .set({ state: 'Solved', openKey: row?.incidentId ?? '', solvedAt: rig.now(), solvedBy: 'operator' })
          .execute(),
      );
      await rig.watch();
      expect(await states()).toEqual(['certificate-expiring Solved']);
    });
  });
});
