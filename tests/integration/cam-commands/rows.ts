import type { OrchestrationRig } from '../../support/orchestration.ts';

/** Everything the tables hold about a command, in the order it was written. */
export async function rowsOf({ database }: OrchestrationRig, commandId: string) {
  const of = (table: 'CamCommandAttempt' | 'CamWorkItem' | 'CamCommandOutput') =>
    database.read.selectFrom(table).selectAll().where('commandId', '=', commandId).orderBy('seq').execute();
  const command = await database.read
    .selectFrom('CamCommand')
    .selectAll()
    .where('commandId', '=', commandId)
    .executeTakeFirstOrThrow();
  const attempts = await database.read
    .selectFrom('CamCommandAttempt')
    .selectAll()
    .where('commandId', '=', commandId)
    .orderBy('seq')
    .execute();
  const entries = await database.read.selectFrom('HistoryEntry').selectAll().orderBy('seq').execute();
  return {
    command,
    attempts,
    items: await of('CamWorkItem'),
    outputs: await of('CamCommandOutput'),
    /** Entries about commands and what they made, as `type actorKind`. */
    history: entries
      .filter(({ changeType }) => /^(Command|File|CamRevision)/.test(changeType))
      .map(({ changeType, actorKind }) => `${changeType} ${actorKind}`),
    entries: entries.filter((entry) => entry.changeType.startsWith('Command')),
  };
}
