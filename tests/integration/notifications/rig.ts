import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { captureSettings } from '../../../local/capture/addresses.ts';
import { type CapturedMessage, capturedMessage } from '../../../local/capture/messages.ts';
import { startCapture } from '../../../local/capture/server.ts';
import { CommandTypes, explainWaits } from '../../../shared/cam-commands/index.ts';
import {
  type NotificationSettings,
  notificationSettings,
  notificationShape,
} from '../../../shared/config/notifications.ts';
import type { Database } from '../../../shared/data/index.ts';
import {
  type EndedCommand,
  type Notices,
  type QueueTrouble,
  UNWATCHED_INCIDENTS,
  createChannels,
  createNotices,
  sendNotifications,
  watchIncidents,
} from '../../../shared/notifications/index.ts';
import { onCleanUp } from '../../support/clean-up.ts';
import { createTestDatabase, openTestDatabase } from '../../support/database.ts';

export interface NotificationRig {
  readonly database: Database;
  readonly settings: NotificationSettings;
  readonly now: () => string;
  advance(ms: number): void;
  readonly notices: Notices;
  /** A command whose run ended, in a transaction of its own, as the orchestration's last step does it. */
  end(ended?: Partial<EndedCommand>, on?: Database): Promise<void>;
  /** One round of the sender; `on` is another host's connection. */
  send(on?: Database): ReturnType<typeof sendNotifications>;
  /** One round of the watch; `on` is another host's connection. */
  watch(on?: Database): Promise<void>;
  /** Another connection, as another host has it. */
  secondHost(): Promise<Database>;
  fault(order: Record<string, unknown>): Promise<void>;
  taken(channel?: string): Promise<CapturedMessage[]>;
  troubles: readonly QueueTrouble[];
}

/** The product's notifications over a database of their own, with the real clients and the real capture server. */
export async function startNotifications(
  given: { readonly env?: Record<string, string>; readonly silent?: boolean } = {},
): Promise<NotificationRig> {
  const { database, connection } = await createTestDatabase();
  let nowMs = Math.floor(Date.now() / 1000) * 1000;
  const clock = { now: () => new Date(nowMs) };
  const stateDir = await mkdtemp(join(tmpdir(), 'mcms-notifications-'));
  const capture = await startCapture({ port: 0, stateDir, now: clock.now });
  onCleanUp(async () => {
    await capture.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  const url = String(capture.facts['url']);
  const env = given.silent ? {} : captureSettings(Number(capture.facts['port']));
  const settings = notificationSettings(notificationShape.parse({ ...env, ...given.env }), undefined);
  const notices = createNotices(settings);
  const channels = createChannels(settings);
  let memory = UNWATCHED_INCIDENTS;
  const rig: NotificationRig = {
    database,
    settings,
    notices,
    troubles: [],
    now: () => clock.now().toISOString(),
    advance: (ms) => {
      nowMs += ms;
    },
    end: (ended = {}, on = database) =>
      on.transaction((trx) => notices.commandEnded(trx, { ...ENDED, at: rig.now(), ...ended })),
    send: (on = database) => sendNotifications({ database: on, clock, channels, random: () => 0 }),
    watch: async (on = database) => {
      const deadLetters = { countDeadLetters: () => Promise.resolve(rig.troubles) };
      const explaining = { database: on, clock, commandTypes: CommandTypes.create() };
      memory = await watchIncidents(
        {
          database: on,
          clock,
          settings,
          deadLetters,
          explainWaits: (commandIds) => explainWaits(explaining, commandIds),
        },
        memory,
      );
    },
    secondHost: () => openTestDatabase(connection),
    fault: async (order) => {
      const response = await fetch(`${url}/faults`, { method: 'POST', body: JSON.stringify(order) });
      if (response.status !== 204) throw new Error(`the capture server answered ${response.status}`);
    },
    taken: async (channel) => {
      const response = await fetch(`${url}/messages`);
      const { value } = z.object({ value: z.array(capturedMessage) }).parse(await response.json());
      return channel === undefined ? value : value.filter((message) => message.channel === channel);
    },
  };
  return rig;
}

export const COMMAND_ID = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';

export const ENDED: EndedCommand = {
  commandId: COMMAND_ID,
  run: 1,
  routingId: '7d0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b22',
  itemCode: 'P-100',
  revisionCode: 'B',
  application: 'esprit',
  commandType: 'GenerateNcProgram',
  requestedBy: 'kim',
  requestedByKind: 'user',
  outcome: 'Failed',
  attempts: 4,
  workstation: 'WS-01',
  error: { code: 'ESPRIT_CRASHED', message: 'ended with 3', signature: '0123456789abcdef' },
  reprocessAt: null,
  at: '2030-01-01T00:00:00.000Z',
};

/** Nth command id of a test. */
export function commandId(index: number): string {
  return `5f0c2a9e-52f5-4a3e-8a2b-${String(index).padStart(12, '0')}`;
}

export async function incidentsOf({ database }: Pick<NotificationRig, 'database'>) {
  return database.read.selectFrom('Incident').selectAll().orderBy('seq').execute();
}

export async function notificationsOf({ database }: Pick<NotificationRig, 'database'>) {
  return database.read.selectFrom('Notification').selectAll().orderBy('seq').execute();
}
