import { z } from 'zod';
import { type Database, bound, firstRows } from '../data/index.ts';
import { timestamp } from '../http/fields.ts';
import { applications } from './contracts.ts';

/** Failed attempts of one signature. */
export const commandFailure = z
  .object({
    signature: z.string(),
    code: z.string(),
    application: z.enum(applications),
    commandType: z.string(),
    count: z.int().describe('Failed attempts.'),
    commands: z.int().describe('Commands they belong to.'),
    workstations: z.array(z.string()),
    firstAt: timestamp(),
    lastAt: timestamp(),
    example: z
      .object({ commandId: z.uuid(), attemptId: z.uuid(), message: z.string() })
      .describe('The newest.'),
  })
  .meta({ id: 'CommandFailure' });
export type CommandFailure = z.infer<typeof commandFailure>;

export interface FailureFilter {
  /** Of the attempt's end, inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to?: Date | undefined;
  readonly application?: string | undefined;
  readonly commandType?: string | undefined;
}

/** Failures of attempts grouped by signature, the one that came up last first; three queries, however many groups. */
export async function listFailures(
  { database }: { readonly database: Database },
  filter: FailureFilter,
  top: number,
): Promise<CommandFailure[]> {
  const groups = await failureGroupsQuery(database, filter, top).execute();
  if (groups.length === 0) return [];
  const examples = await database.read
    .selectFrom('CamCommandAttempt as a')
    .innerJoin('CamCommand as c', 'c.commandId', 'a.commandId')
    .select([
      'a.seq',
      'a.attemptId',
      'a.commandId',
      'a.errorCode',
      'a.errorMessage',
      'c.application',
      'c.commandType',
    ])
    .where(
      'a.seq',
      'in',
      groups.map((group) => group.lastSeq),
    )
    .execute();
  const places = await workstationsQuery(
    database,
    filter,
    groups.map((group) => group.signature),
  ).execute();
  const exampleOf = new Map(examples.map((row) => [row.seq, row]));
  const placesOf = Map.groupBy(places, (row) => row.errorSignature);
  return groups.flatMap((group) => {
    const example = exampleOf.get(group.lastSeq);
    if (!example) return [];
    return {
      signature: group.signature,
      code: example.errorCode ?? '',
      application: example.application as CommandFailure['application'],
      commandType: example.commandType,
      count: Number(group.attempts),
      commands: Number(group.commands),
      workstations: (placesOf.get(group.signature) ?? []).flatMap((row) => row.workstation ?? []),
      firstAt: group.firstAt,
      lastAt: group.lastAt,
      example: {
        commandId: example.commandId,
        attemptId: example.attemptId,
        message: example.errorMessage ?? '',
      },
    };
  });
}

/** Only attempts that failed have a signature; comparing it, and not asking whether it is null, is what an index seek needs. */
function failures({ read }: Pick<Database, 'read'>, filter: FailureFilter) {
  let query = read
    .selectFrom('CamCommandAttempt as a')
    .where('a.errorSignature', '>', bound<string>('CamCommandAttempt.errorSignature', ''))
    .where('a.endedAt', '>=', bound<string>('CamCommandAttempt.endedAt', filter.from.toISOString()));
  if (filter.to) {
    query = query.where(
      'a.endedAt',
      '<',
      bound<string>('CamCommandAttempt.endedAt', filter.to.toISOString()),
    );
  }
  const { application, commandType } = filter;
  if (application === undefined && commandType === undefined) return query;
  return query.where((eb) => {
    let command = eb
      .selectFrom('CamCommand as c')
      .select('c.seq')
      .whereRef('c.commandId', '=', 'a.commandId');
    if (application !== undefined) {
      command = command.where('c.application', '=', bound<string>('CamCommand.application', application));
    }
    if (commandType !== undefined) {
      command = command.where('c.commandType', '=', bound<string>('CamCommand.commandType', commandType));
    }
    return eb.exists(command);
  });
}

export function failureGroupsQuery(
  source: Pick<Database, 'read' | 'dialect'>,
  filter: FailureFilter,
  top: number,
) {
  const query = failures(source, filter)
    .select(({ fn }) => [
      'a.errorSignature as signature',
      fn.countAll<number>().as('attempts'),
      fn.count<number>('a.commandId').distinct().as('commands'),
      fn.min('a.endedAt').as('firstAt'),
      fn.max('a.endedAt').as('lastAt'),
      fn.max('a.seq').as('lastSeq'),
    ])
    .groupBy('a.errorSignature')
    .orderBy('lastAt', 'desc')
    .orderBy('lastSeq', 'desc')
    .$narrowType<{ signature: string; firstAt: string; lastAt: string; lastSeq: number }>();
  return firstRows(query, top, source.dialect);
}

function workstationsQuery(
  source: Pick<Database, 'read'>,
  filter: FailureFilter,
  signatures: readonly string[],
) {
  return failures(source, filter)
    .where('a.errorSignature', 'in', signatures)
    .where('a.workstation', 'is not', null)
    .select(['a.errorSignature', 'a.workstation'])
    .distinct()
    .orderBy('a.errorSignature')
    .orderBy('a.workstation');
}
