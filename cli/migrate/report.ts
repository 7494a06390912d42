import {
  type FileState,
  type MigrationReport,
  type MigrationStatus,
  type MigrationStep,
  isOutstanding,
  refusals,
} from '../../shared/data/migrate.ts';

/** What a run says of a file as it is done with. */
export function stepLine(step: MigrationStep): string {
  return step.kind === 'applied'
    ? `applied   ${step.name}  ${seconds(step.durationMs)}`
    : `deferred  ${step.name}  ${step.reason}`;
}

/** The last lines of a run. */
export function reportLines({ engine, applied, deferred, alreadyThere, newer }: MigrationReport): string[] {
  const counts = [
    `${applied.length} applied`,
    `${alreadyThere.length} were there`,
    ...(deferred.length > 0 ? [`${deferred.length} deferred (--status tells why)`] : []),
    ...(newer.length > 0 ? [`${newer.length} of a later version`] : []),
  ];
  return [`migrate: ${engine}: ${counts.join(', ')}`];
}

export function statusLines({ engine, capabilities, files }: MigrationStatus): string[] {
  const found = capabilities.map(
    ({ name, available, detail }) => `  ${available ? 'yes' : 'no '}  ${name.padEnd(22)} ${detail}`,
  );
  return [
    `engine        ${engine}`,
    found.length > 0 ? 'capabilities' : 'capabilities  none that a migration could ask for',
    ...found,
    'files',
    ...files.map((file) => `  ${`${file.state.padEnd(9)} ${file.name}${noteOf(file)}`.trimEnd()}`),
  ];
}

/** What a run would execute, batch by batch. */
export function dryRunLines({ engine, files }: MigrationStatus): string[] {
  const todo = files.filter(isOutstanding);
  const lines = todo.flatMap((file) => {
    if (file.state !== 'pending' && file.state !== 'started') return [];
    const { batches, inTransaction } = file.file;
    const done = file.state === 'started' ? file.row.batchesDone : 0;
    return [
      `-- ${file.name}, ${inTransaction ? 'in one transaction' : 'batch by batch, in no transaction'}`,
      ...batches
        .map((batch, index) => ({ batch, number: index + 1 }))
        .slice(done)
        .flatMap(({ batch, number }) => [`-- batch ${number} of ${batches.length}`, batch.trim(), 'GO', '']),
    ];
  });
  const deferred = files.filter(({ state }) => state === 'deferred');
  return [
    ...lines,
    ...deferred.map((file) => `-- deferred: ${file.name}${noteOf(file)}`),
    `-- ${engine}: ${todo.length} to apply, nothing was executed`,
  ];
}

/** Whether files are not what was applied. */
export function isRefused({ files }: MigrationStatus): boolean {
  return refusals(files).length > 0;
}

function noteOf(file: FileState): string {
  switch (file.state) {
    case 'applied':
      return `  ${file.appliedAt}${file.durationMs === null ? '' : `, ${seconds(file.durationMs)}`}`;
    case 'started':
      return `  at batch ${file.row.batchesDone + 1} of ${file.file.batches.length}`;
    case 'deferred':
      return `  ${file.reason}`;
    case 'replaced':
      return `  by ${file.by}`;
    case 'changed':
    case 'missing':
    case 'inserted':
      return `  ${file.advice}`;
    case 'pending':
    case 'newer':
      return '';
  }
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 2 : 0)} s`;
}
