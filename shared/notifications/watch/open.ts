import type { NotificationSettings } from '../../config/notifications.ts';
import type { Database } from '../../data/index.ts';
import type { Clock } from '../../time/clock.ts';
import { incidentFactsOf, insertIncident, markTold } from '../incident-rows.ts';
import { writeNotifications } from '../outgoing.ts';
import { operatorRecipients } from '../recipients.ts';
import type { Finding, Growth } from './findings.ts';

interface OpenDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: NotificationSettings;
}

/** Opens the incident of a finding and has the operators told; nothing when another host has just done so. */
export async function openFinding(deps: OpenDeps, finding: Finding): Promise<void> {
  const at = deps.clock.now().toISOString();
  const recipients = operatorRecipients(deps.settings);
  await deps.database.transaction(async (trx) => {
    const open = await trx
      .selectFrom('Incident')
      .select('seq')
      .where('openKey', '=', finding.cause)
      .executeTakeFirst();
    if (open) return;
    const row = await insertIncident(trx, finding, at);
    const { incidentId, occurrences } = row;
    if (recipients.length === 0) await markTold(trx, { incidentId, occurrences, at });
    const facts = incidentFactsOf(row, 'opened');
    await writeNotifications(trx, { key: `incident:${incidentId}:opened`, facts, at }, recipients);
  });
}

/** Notes that there is more of it. What has become severe stays so. */
export async function growIncident(deps: OpenDeps, { row, finding, occurrences }: Growth): Promise<void> {
  const at = deps.clock.now().toISOString();
  const highestNumber =
    finding.highestNumber === undefined
      ? row.highestNumber
      : Math.max(row.highestNumber ?? 0, finding.highestNumber ?? 0);
  await deps.database.transaction((trx) =>
    trx
      .updateTable('Incident')
      .set((eb) => ({
        occurrences,
        severity: finding.severity === 'high' ? 'high' : row.severity,
        highestNumber,
        errorMessage: finding.errorMessage ?? null,
        lastAt: at,
        version: eb('version', '+', 1),
      }))
      .where('incidentId', '=', row.incidentId)
      .where('version', '=', row.version)
      .execute(),
  );
}
