import { type Database, firstRows } from '../data/index.ts';

/** The command ordered last for a routing, whatever became of it. */
export function lastCommandQuery({ read, dialect }: Pick<Database, 'read' | 'dialect'>, routingId: string) {
  const commands = read
    .selectFrom('CamCommand')
    .selectAll()
    .where('routingId', '=', routingId)
    .orderBy('seq', 'desc');
  return firstRows(commands, 1, dialect);
}
