import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import { type ContentStore, outputStagingName, rememberContent } from '../files/index.ts';
import { type Change, type HistoryFact, recordHistory } from '../history/index.ts';
import { openWorkingDraft } from '../routings/index.ts';
import {
  type AttemptDeps,
  type AttemptKey,
  despiteTwin,
  endAttempt,
  findAttempt,
  isFinal,
  requireCommand,
  traceIdOf,
  utc,
} from './attempts.ts';
import type { AttemptRow, CommandRow } from './command-view.ts';
import { endedCommandOf } from './conclude.ts';
import type { CommandError, OutputFile, ResultMessage } from './contracts.ts';
import { commandLabel, commandSubject } from './order.ts';
import { workQueueOf } from './work-queue.ts';

export type Success =
  | { readonly kind: 'completed' }
  /** The outputs are not what the result says: the attempt failed after all. */
  | { readonly kind: 'failed'; readonly error: CommandError }
  /** The attempt was decided otherwise before this result came: it has no effect. */
  | { readonly kind: 'stale' };

/**
 * Takes in the outputs of a successful attempt and gives it its one effect: outputs on the working Draft, command Succeeded and
 * history, in one transaction that holds only if the attempt's fence still does.
 */
export async function concludeSucceeded(
  deps: AttemptDeps & { readonly content: ContentStore },
  key: AttemptKey,
  result: ResultMessage,
): Promise<Success> {
  const attempt = await findAttempt(deps.database.read, key);
  if (!attempt || attempt.attemptId !== result.attemptId || attempt.fence !== result.fence)
    return { kind: 'stale' };
  const outputs = result.outputs ?? [];
  if (attempt.status !== 'Succeeded') {
    const error = refuseSameNames(outputs) ?? (await takeInOutputs(deps.content, attempt.attemptId, outputs));
    if (error) return { kind: 'failed', error };
    const applied = await despiteTwin(() =>
      deps.database.transaction((trx) =>
        applyOnce(trx, deps, { key, result, now: deps.clock.now().toISOString() }),
      ),
    );
    if (!applied) return { kind: 'stale' };
  }
  for (const output of outputs)
    await deps.content.discard(outputStagingName(attempt.attemptId, output.sha256));
  return { kind: 'completed' };
}

/** False when the attempt was decided otherwise. The work item goes first: whoever takes it off the queue may write the rest. */
async function applyOnce(
  trx: Queries,
  deps: AttemptDeps,
  { key, result, now }: { readonly key: AttemptKey; readonly result: ResultMessage; readonly now: string },
): Promise<boolean> {
  const held = await workQueueOf(deps.database).finish(trx, result.attemptId, result.fence);
  const attempt = await findAttempt(trx, key);
  if (!held || !attempt) return attempt?.status === 'Succeeded';
  const command = await requireCommand(trx, key.commandId);
  if (isFinal(command.status) || command.run !== key.run) return false;
  await applySuccess(trx, { command, attempt, result, now });
  await deps.notices.commandEnded(trx, {
    ...endedCommandOf(command),
    outcome: 'Succeeded',
    attempts: attempt.attempt,
    workstation: attempt.workstation,
    error: undefined,
    reprocessAt: null,
    at: now,
  });
  return true;
}

/** File names of a command are unique, and on a workstation's disk letter case does not tell two apart. */
function refuseSameNames(outputs: readonly OutputFile[]): CommandError | undefined {
  const names = outputs.map((output) => output.fileName.toLowerCase());
  const twice = outputs.find((output, index) => names.indexOf(output.fileName.toLowerCase()) !== index);
  return (
    twice && {
      code: 'OUTPUT_CORRUPT',
      message: `${twice.fileName}: two outputs have this name`,
      retryable: true,
    }
  );
}

async function takeInOutputs(
  content: ContentStore,
  attemptId: string,
  outputs: readonly OutputFile[],
): Promise<CommandError | undefined> {
  for (const output of outputs) {
    const taken = await content.takeIn(outputStagingName(attemptId, output.sha256), output);
    if (taken.kind === 'mismatch') {
      return { code: 'OUTPUT_CORRUPT', message: `${output.fileName}: ${taken.reason}`, retryable: true };
    }
  }
  return undefined;
}

interface Applied {
  readonly command: CommandRow;
  readonly attempt: AttemptRow;
  readonly result: ResultMessage;
  readonly now: string;
}

async function applySuccess(trx: Queries, { command, attempt, result, now }: Applied): Promise<void> {
  const workstation = attempt.workstation ?? result.workstation;
  const change: Change = { by: workstation, kind: 'workstation', at: now, traceId: traceIdOf(command) };
  const startedAt = result.startedAt === null ? null : utc(result.startedAt);
  const outputs = result.outputs ?? [];
  const facts: HistoryFact[] = [];
  if (outputs.length > 0) {
    const draft = await openWorkingDraft(trx, command.routingId, change);
    for (const output of outputs)
      facts.push(await attachOutput(trx, { command, output, camRev: draft.camRev, change }));
  }
  await endAttempt(trx, attempt, {
    status: 'Succeeded',
    startedAt: result.startedAt,
    endedAt: result.endedAt,
    logTail: result.logTail,
  });
  await trx
    .updateTable('CamCommand')
    .set((eb) => ({
      status: 'Succeeded',
      startedAt: command.startedAt ?? attempt.startedAt ?? startedAt,
      completedAt: now,
      workstation,
      errorCode: null,
      errorMessage: null,
      errorSignature: null,
      waitReason: null,
      nextAttemptAt: null,
      version: eb('version', '+', 1),
    }))
    .where('commandId', '=', command.commandId)
    .execute();
  await recordHistory(trx, change, [
    {
      ...commandSubject(command),
      changeType: 'CommandSucceeded',
      field: 'command',
      previousValue: commandLabel(command),
      currentValue: 'Succeeded',
    },
    ...facts,
  ]);
}

async function attachOutput(
  trx: Queries,
  given: { command: CommandRow; output: OutputFile; camRev: number; change: Change },
): Promise<HistoryFact> {
  const { command, output, camRev, change } = given;
  const { routingId, commandId } = command;
  const file = { fileId: randomUUID(), routingId, camRev, fileName: output.fileName, role: output.role };
  const bytes = { contentType: output.contentType, sha256: output.sha256, sizeBytes: output.sizeBytes };
  await rememberContent(trx, output, change.at);
  const replaced = await trx
    .selectFrom('RoutingFile')
    .select(['seq', 'sha256'])
    .where('routingId', '=', routingId)
    .where('camRev', '=', camRev)
    .where('fileName', '=', output.fileName)
    .executeTakeFirst();
  if (replaced) await trx.deleteFrom('RoutingFile').where('seq', '=', replaced.seq).execute();
  await trx
    .insertInto('RoutingFile')
    .values({ ...file, ...bytes, uploadedAt: change.at, uploadedBy: change.by, commandId })
    .execute();
  await trx
    .insertInto('CamCommandOutput')
    .values({ ...file, ...bytes, commandId, madeAt: change.at })
    .execute();
  return {
    ...commandSubject(command),
    camRev,
    changeType: replaced ? 'FileReplaced' : 'FileAdded',
    field: `file ${output.fileName}`,
    previousValue: replaced ? `sha256 ${replaced.sha256}` : null,
    currentValue: `sha256 ${output.sha256}`,
  };
}
