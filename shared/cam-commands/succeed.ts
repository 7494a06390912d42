import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import { type ContentStore, outputStagingName, rememberContent } from '../files/index.ts';
import { type Change, type HistoryFact, recordHistory } from '../history/index.ts';
import { openWorkingDraft } from '../routings/index.ts';
import { currentTraceId } from '../telemetry/index.ts';
import {
  type AttemptDeps,
  type AttemptKey,
  endAttempt,
  findAttempt,
  isFinal,
  requireCommand,
} from './attempts.ts';
import type { AttemptRow, CommandRow } from './command-view.ts';
import type { CommandError, OutputFile, ResultMessage } from './contracts.ts';
import { commandLabel, commandSubject } from './order.ts';
import { finishWorkItem } from './work-queue.ts';

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
  if (attempt.status === 'Succeeded') return { kind: 'completed' };
  const outputs = result.outputs ?? [];
  const error = await takeInOutputs(deps.content, attempt.attemptId, outputs);
  if (error) return { kind: 'failed', error };

  const committed = await deps.database.transaction(async (trx): Promise<Success> => {
    const command = await requireCommand(trx, key.commandId);
    const current = await findAttempt(trx, key);
    if (current?.status === 'Succeeded') return { kind: 'completed' };
    if (isFinal(command.status) || !(await finishWorkItem(trx, attempt.attemptId, attempt.fence)))
      return { kind: 'stale' };
    await applySuccess(trx, {
      command,
      attempt: current ?? attempt,
      result,
      now: deps.clock.now().toISOString(),
    });
    return { kind: 'completed' };
  });
  if (committed.kind === 'completed') {
    for (const output of outputs)
      await deps.content.discard(outputStagingName(attempt.attemptId, output.sha256));
  }
  return committed;
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
  const change: Change = { by: result.workstation, kind: 'workstation', at: now, traceId: currentTraceId() };
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
      startedAt: command.startedAt ?? attempt.startedAt ?? result.startedAt,
      completedAt: now,
      workstation: result.workstation,
      errorCode: null,
      errorMessage: null,
      waitReason: null,
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
