import { app } from '@azure/functions';
import { CapabilityGate, type StatementRepository, StatementWatch } from '../../shared/sql-upkeep/index.ts';
import { runRound } from './round.ts';

/** Every minute: a warning for each query that took a second or waited long. */
export function registerLongStatementWatch(deps: { readonly statements: StatementRepository }): void {
  const gate = new CapabilityGate('long-statement-watch', ['database-event-session', 'server-event-session']);
  const watch = new StatementWatch({ repository: deps.statements });
  app.timer('long-statement-watch', {
    schedule: '45 * * * * *',
    handler: async () => {
      await runRound('sql.maintenance', async () => {
        if (await gate.isOpen(deps.statements)) await watch.round();
      });
    },
  });
}
