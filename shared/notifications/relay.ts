import type { Selectable } from 'kysely';
import { type Database, type NotificationTable, firstRows } from '../data/index.ts';
import { UnavailableError } from '../errors.ts';
import { createLogger } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import type { Channels } from './channels/create-channels.ts';
import { type ChannelName, channels as channelNames } from './contracts.ts';
import { ChannelError } from './errors.ts';
import { type NoticeFacts, noticeFacts } from './facts.ts';
import { markTold } from './incident-rows.ts';
import { RELAY_POLICY, givesUp, repeatabilityOf, retryDelayMs } from './relay-policy.ts';

type Row = Selectable<NotificationTable>;

export interface RelayDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly channels: Channels;
  /** 0 to 1; default `Math.random`. */
  readonly random?: () => number;
}

export interface SendReport {
  readonly sent: number;
  readonly failed: number;
}

/** Rows of one channel per round: slower than what produces them, so that telling never competes with the work itself. */
const BATCH = 100;
const log = createLogger('notifications');

/**
 * Sends what is due, the channels beside one another. A row is sent by the host that claims it; whatever happens to it, the next row
 * of another channel goes on. A row that a dead host left is sent again after its lease.
 */
export async function sendNotifications(deps: RelayDeps): Promise<SendReport> {
  const reports = await Promise.all(channelNames.map((channel) => sendChannel(deps, channel)));
  return {
    sent: reports.reduce((sum, report) => sum + report.sent, 0),
    failed: reports.reduce((sum, report) => sum + report.failed, 0),
  };
}

async function sendChannel(deps: RelayDeps, channel: ChannelName): Promise<SendReport> {
  const due = deps.database.read
    .selectFrom('Notification')
    .selectAll()
    .where('state', 'in', ['Pending', 'Sending'])
    .where('nextAt', '<=', deps.clock.now().toISOString())
    .where('channel', '=', channel)
    .orderBy('nextAt')
    .orderBy('seq');
  let sent = 0;
  let failed = 0;
  for (const row of await firstRows(due, BATCH, deps.database.dialect).execute()) {
    const attempts = await claim(deps, row);
    if (attempts === undefined) continue;
    const error = await sendRow(deps, { ...row, attempts });
    if (!error) {
      sent += 1;
      continue;
    }
    failed += 1;
    // One time-out per round for a channel that is away, not one per row. The others stay due.
    if (error.away) break;
  }
  return { sent, failed };
}

/** The attempt's number when this host may send the row; undefined when another one has taken it. */
async function claim(deps: RelayDeps, row: Row): Promise<number | undefined> {
  const attempts = row.attempts + 1;
  const nextAt = new Date(deps.clock.now().getTime() + RELAY_POLICY.leaseMs).toISOString();
  const { numUpdatedRows } = await deps.database.transaction((trx) =>
    trx
      .updateTable('Notification')
      .set({ state: 'Sending', attempts, nextAt })
      .where('notificationId', '=', row.notificationId)
      .where('state', '=', row.state)
      .where('attempts', '=', row.attempts)
      .executeTakeFirst(),
  );
  return numUpdatedRows > 0n ? attempts : undefined;
}

/** Sends one claimed row and notes what came of it; undefined when it was sent. */
async function sendRow(deps: RelayDeps, row: Row): Promise<ChannelError | undefined> {
  const facts = factsOf(row);
  if (!facts) {
    await note(deps, row, { state: 'GivenUp', lastError: 'written by another version' });
    log.error('a notification cannot be read and is given up', { notificationId: row.notificationId });
    return undefined;
  }
  try {
    await deliver(deps, row, facts);
  } catch (error) {
    const failure = asChannelError(error, row);
    await postpone(deps, row, failure);
    return failure;
  }
  await noteSent(deps, row, facts);
  return undefined;
}

async function deliver({ channels, clock }: RelayDeps, row: Row, facts: NoticeFacts): Promise<void> {
  const channel = channels[row.channel as ChannelName];
  if (!channel) throw new ChannelError('the channel is not configured any more', { away: true });
  const repeat = repeatabilityOf(row, clock.now());
  await channel.send({ recipient: row.recipient, facts, repeat });
}

function factsOf(row: Row): NoticeFacts | undefined {
  try {
    return noticeFacts.parse(JSON.parse(row.content));
  } catch (error) {
    log.warn('the content of a notification is not understood', {
      notificationId: row.notificationId,
      error,
    });
    return undefined;
  }
}

/** Anything else is a defect of the channel or of its SDK: logged, and never a reason to stop the others. */
function asChannelError(error: unknown, row: Row): ChannelError {
  if (error instanceof ChannelError) return error;
  log.error('a channel failed unexpectedly', {
    channel: row.channel,
    errorName: error instanceof Error ? error.name : typeof error,
  });
  return new ChannelError('unexpected failure', { away: false });
}

async function postpone(deps: RelayDeps, row: Row, failure: ChannelError): Promise<void> {
  const now = deps.clock.now();
  const gaveUp = givesUp(row.createdAt, now);
  const random = (deps.random ?? Math.random)();
  const delayMs = Math.max(retryDelayMs(row.attempts, random), failure.retryAfterMs ?? 0);
  const facts = { notificationId: row.notificationId, channel: row.channel, reason: failure.message };
  if (gaveUp) log.error('a notification was not taken for a day and is given up', facts);
  else
    log.warn('a notification was not taken; it is tried again', {
      ...facts,
      attempts: row.attempts,
      delayMs,
    });
  await note(deps, row, {
    state: gaveUp ? 'GivenUp' : 'Pending',
    lastError: failure.message.slice(0, 500),
    nextAt: new Date(now.getTime() + delayMs).toISOString(),
  });
}

async function noteSent(deps: RelayDeps, row: Row, facts: NoticeFacts): Promise<void> {
  const at = deps.clock.now().toISOString();
  await note(deps, row, { state: 'Sent', sentAt: at, lastError: null }, facts);
}

/** Only the attempt that holds the row may write its outcome. A database that is away leaves the row to its lease. */
async function note(
  deps: RelayDeps,
  row: Row,
  change: Partial<Pick<Row, 'state' | 'sentAt' | 'lastError' | 'nextAt'>>,
  told?: NoticeFacts,
): Promise<void> {
  try {
    await deps.database.transaction(async (trx) => {
      await trx
        .updateTable('Notification')
        .set(change)
        .where('notificationId', '=', row.notificationId)
        .where('attempts', '=', row.attempts)
        .execute();
      if (told?.about === 'incident' && change.sentAt) {
        const { incidentId, occurrences } = told;
        await markTold(trx, { incidentId, occurrences, at: change.sentAt });
      }
    });
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    log.warn('what came of a notification could not be noted; it is sent again after its lease', {
      notificationId: row.notificationId,
      error,
    });
  }
}
