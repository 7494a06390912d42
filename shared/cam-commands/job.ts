import type { Database } from '../data/index.ts';
import type { ContentStore } from '../files/index.ts';
import { readCamRevision } from '../routings/index.ts';
import type { CommandTypes } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import type { Job } from './contracts.ts';
import { CamCommandError } from './errors.ts';
import type { WorkItem } from './work-queue.ts';

/** Links for inputs and outputs live this long; an agent asks for output links only when it needs them. */
export const LINK_LIFETIME_MS = 30 * 60_000;

/** A claimed item with its command. */
export interface Claimed {
  readonly item: WorkItem;
  readonly command: CommandRow;
}

export interface JobDeps {
  readonly database: Database;
  readonly commandTypes: CommandTypes;
  readonly content: ContentStore;
}

/** All that an agent needs to run a claimed attempt: the routing as ordered, and links to its files (not those that commands made). */
export async function buildJob(deps: JobDeps, { item, command }: Claimed): Promise<Job> {
  const type = deps.commandTypes.find(command.application, command.commandType);
  const revision = await readCamRevision(deps.database.read, command.routingId, command.camRev);
  const routing = await deps.database.read
    .selectFrom('Routing')
    .select('routingCode')
    .where('routingId', '=', command.routingId)
    .executeTakeFirst();
  if (!type || !revision || !routing) throw new CamCommandError('command-not-found');
  const inputs = revision.files.filter((file) => file.commandId === null);
  return {
    schemaVersion: 1,
    commandId: command.commandId,
    run: item.run,
    attempt: item.attempt,
    attemptId: item.attemptId,
    fence: item.fence,
    application: type.application,
    commandType: command.commandType,
    parameters: JSON.parse(command.parameters) as Job['parameters'],
    requestedBy: command.requestedBy,
    leaseUntil: item.leaseUntil ?? '',
    heartbeatIntervalMs: type.limits.heartbeatMs,
    attemptTimeoutMs: type.limits.attemptMs,
    routing: {
      routingId: command.routingId,
      itemCode: command.itemCode,
      revisionCode: command.revisionCode,
      routingCode: routing.routingCode,
      name: revision.name,
      machine: revision.machine,
      camRev: command.camRev,
      steps: revision.steps.map(({ sequence, machine, processDescription, toolInformation, notes }) => ({
        sequence,
        machine,
        processDescription,
        toolInformation,
        notes,
      })),
    },
    inputs: await Promise.all(
      inputs.map(async ({ fileId, fileName, role, sizeBytes, sha256, contentType }) => ({
        fileId,
        fileName,
        role: role as Job['inputs'][number]['role'],
        sizeBytes,
        sha256,
        url: (await deps.content.readUrl(sha256, { fileName, contentType }, LINK_LIFETIME_MS)).url,
      })),
    ),
    ...(command.traceparent === null ? {} : { traceparent: command.traceparent }),
  };
}
