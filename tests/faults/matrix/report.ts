import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PHASES } from './phases.ts';
import { type FaultRow, thinCells } from './tally.ts';

/** Fewest commands in a cell for it to count as tried. */
export const COMMANDS_PER_CELL = 20;

export interface Report {
  readonly startedAt: string;
  readonly node: string;
  readonly rows: readonly FaultRow[];
  readonly wantedPerCell: number;
}

/** The matrix as a Markdown table: commands struck in each phase, and after `/` those of them that a violation names. */
export function renderMatrix({ rows, wantedPerCell }: Report): string {
  const head = ['fault', 'seeds', ...PHASES, 'commands', 'violations', 'minutes'];
  const lines = rows.map((row) =>
    row.missing === undefined
      ? [
          row.fault,
          String(row.seeds.length),
          ...PHASES.map((phase) => cellText(row.cells[phase])),
          String(row.commands),
          String(row.violations.length),
          (row.seconds / 60).toFixed(1),
        ]
      : [row.fault, 'not played', ...PHASES.map(() => ''), '', '', ''],
  );
  const thin = thinCells(rows, wantedPerCell);
  const missing = rows.filter((row) => row.missing !== undefined);
  return [
    markdownTable([head, ...lines]),
    ...(thin.length > 0 ? ['', `Fewer than ${wantedPerCell} commands: ${thin.join(', ')}.`] : []),
    ...missing.map(({ fault, missing: why }) => `\nNot played: ${fault}: ${why}.`),
  ].join('\n');
}

/** Every violation on a line of its own, with what repeats its cell. */
export function renderViolations({ rows }: Report): string {
  return rows
    .flatMap(({ fault, violations }) =>
      violations.map(
        ({ seed, rule, subject, found }) =>
          `${fault}, seed ${seed}: ${rule}: ${subject}: ${found} (npm run test:faults -- --fault ${fault} --seed ${seed})`,
      ),
    )
    .join('\n');
}

/** Writes `matrix.json` and `matrix.md`. @returns the folder */
export async function writeReport(folder: string, report: Report): Promise<string> {
  await mkdir(folder, { recursive: true });
  const violations = renderViolations(report);
  await writeFile(join(folder, 'matrix.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(
    join(folder, 'matrix.md'),
    `${renderMatrix(report)}\n\n${violations || 'No violations.'}\n`,
  );
  return folder;
}

function cellText({ commands, violated }: { commands: number; violated: number }): string {
  return violated === 0 ? String(commands) : `${commands}/${violated}`;
}

function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}
