import type { NotificationSettings } from '../config/notifications.ts';
import type { Queries } from '../data/index.ts';
import { createLogger } from '../telemetry/index.ts';
import type { CommandFacts } from './facts.ts';
import { incidentFactsOf, joinIncident, markTold } from './incident-rows.ts';
import type { EndedCommand, Notices } from './notices.ts';
import { writeNotifications } from './outgoing.ts';
import { operatorRecipients, personRecipient } from './recipients.ts';

const log = createLogger('notifications');

/** Writes what is to be told of commands; warns once, now, when no channel reaches the operators. */
export function createNotices(settings: NotificationSettings): Notices {
  if (operatorRecipients(settings).length === 0)
    log.warn(
      'no channel reaches the operators: incidents are kept, and nobody is told of them. Give Notifications__Teams__WebhookUrl or Notifications__Email__Operators.',
    );
  return {
    async commandEnded(trx, ended) {
      if (ended.outcome === 'Failed') await noteFailure(trx, settings, ended);
      await tellPerson(trx, settings, ended);
    },
  };
}

/** The failed run belongs to the incident of its cause, which is told of when it opens. */
async function noteFailure(trx: Queries, settings: NotificationSettings, ended: EndedCommand): Promise<void> {
  const { commandId, run, at } = ended;
  const known = await trx
    .selectFrom('IncidentCommand')
    .select('seq')
    .where('commandId', '=', commandId)
    .where('run', '=', run)
    .executeTakeFirst();
  if (known) return;
  const { opened, row } = await joinIncident(
    trx,
    {
      cause: `failure:${ended.error?.signature ?? 'unknown'}`,
      kind: 'command-failure',
      severity: 'medium',
      application: ended.application,
      commandType: ended.commandType,
      workstation: ended.workstation,
      errorCode: ended.error?.code ?? null,
      errorMessage: ended.error?.message ?? null,
    },
    at,
  );
  const { incidentId } = row;
  await trx.insertInto('IncidentCommand').values({ incidentId, commandId, run, failedAt: at }).execute();
  const recipients = operatorRecipients(settings);
  if (recipients.length === 0) await markTold(trx, { incidentId, occurrences: row.occurrences, at });
  if (!opened) return;
  const facts = incidentFactsOf(row, 'opened', commandFacts(ended));
  await writeNotifications(trx, { key: `incident:${incidentId}:opened`, facts, at }, recipients);
}

async function tellPerson(trx: Queries, settings: NotificationSettings, ended: EndedCommand): Promise<void> {
  const recipient = personRecipient(settings, ended);
  if (!recipient) return;
  await writeNotifications(
    trx,
    {
      key: `person:${ended.commandId}:r${ended.run}`,
      at: ended.at,
      facts: {
        schemaVersion: 1,
        about: 'command',
        command: commandFacts(ended),
        application: ended.application,
        commandType: ended.commandType,
        outcome: ended.outcome,
        workstation: ended.workstation,
        errorCode: ended.error?.code ?? null,
        errorMessage: ended.error?.message ?? null,
        at: ended.at,
      },
    },
    [recipient],
  );
}

function commandFacts(ended: EndedCommand): CommandFacts {
  const { commandId, run, itemCode, revisionCode, requestedBy, attempts, reprocessAt } = ended;
  return { commandId, run, itemCode, revisionCode, requestedBy, attempts, reprocessAt };
}
