import { app } from '@azure/functions';
import {
  CapabilityGate,
  type ColumnstoreRepository,
  maintainColumnstore,
} from '../../shared/sql-upkeep/index.ts';
import { runRound } from './round.ts';

/** Every night at 02:40 UTC: compresses, cleans and puts in order the columnstores of history, where they need it. */
export function registerColumnstoreMaintenance(deps: { readonly columnstore: ColumnstoreRepository }): void {
  const gate = new CapabilityGate('columnstore-maintenance', ['columnstore']);
  app.timer('columnstore-maintenance', {
    schedule: '0 40 2 * * *',
    handler: async () => {
      await runRound('sql.maintenance', async () => {
        if (await gate.isOpen(deps.columnstore)) await maintainColumnstore(deps.columnstore);
      });
    },
  });
}
