/** A history entry of a command, oldest first. */
export interface CommandEntry {
  readonly changeType: string;
  readonly changedAt: string;
}
export interface RunAttempt {
  readonly run: number;
  readonly status: string;
}

const ENDS: Readonly<Record<string, string>> = {
  Succeeded: 'CommandSucceeded',
  Failed: 'CommandFailed',
  Cancelled: 'CommandCancelled',
};
const NEXT_RUN = 'CommandRetryRequested';

/** What is wrong with what history tells of one command, in sentences; run by run, as a command may be run again. */
export function historyFaults(
  command: { readonly run: number; readonly status: string },
  attempts: readonly RunAttempt[],
  entries: readonly CommandEntry[],
): string[] {
  const [first, ...rest] = entries;
  const found = first?.changeType === 'CommandRequested' ? [] : ['it does not begin with CommandRequested'];
  const runs = splitRuns(first?.changeType === 'CommandRequested' ? rest : entries);
  if (runs.length !== command.run) found.push(`${runs.length} runs instead of ${command.run}`);
  for (const [index, told] of runs.entries()) {
    const run = index + 1;
    const end = run < command.run ? endOf(told) : ENDS[command.status];
    if (run < command.run && (end === undefined || end === 'CommandSucceeded'))
      found.push(`run ${run} was followed by another after ${end ?? 'no end'}`);
    const unsuccessful = attempts.filter(
      (attempt) => attempt.run === run && ['Failed', 'Lost'].includes(attempt.status),
    ).length;
    // The last failure of a Failed run is its end, not a retry.
    const retries = Math.max(0, unsuccessful - (end === 'CommandFailed' ? 1 : 0));
    const wanted = [...Array<string>(retries).fill('CommandRetrying'), ...(end === undefined ? [] : [end])];
    const is = told.map(({ changeType }) => changeType);
    if (is.join() !== wanted.join())
      found.push(`run ${run}: ${is.join(', ') || 'nothing'} instead of ${wanted.join(', ') || 'nothing'}`);
  }
  return found;
}

/** The first entry that is older than the one before it; undefined when all are in order. */
export function outOfOrder(entries: readonly CommandEntry[]): string | undefined {
  const index = entries.findIndex(
    ({ changedAt }, at) => at > 0 && changedAt < (entries[at - 1]?.changedAt ?? ''),
  );
  const [before, entry] = [entries[index - 1], entries[index]];
  return before && entry
    ? `${entry.changeType} of ${entry.changedAt} after ${before.changeType} of ${before.changedAt}`
    : undefined;
}

function splitRuns(entries: readonly CommandEntry[]): CommandEntry[][] {
  const runs: CommandEntry[][] = [[]];
  for (const entry of entries) {
    if (entry.changeType === NEXT_RUN) runs.push([]);
    else runs.at(-1)?.push(entry);
  }
  return runs;
}

function endOf(told: readonly CommandEntry[]): string | undefined {
  return told.map(({ changeType }) => changeType).find((type) => Object.values(ENDS).includes(type));
}
