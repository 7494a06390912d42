import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Measurement, holds } from './benchmark.ts';

/** What a figure means nothing without. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a core when the run began, mean of the last minute; 0 on Windows, which does not say. */
  readonly loadBefore: number;
}

export interface Result {
  readonly benchmark: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly machine: Machine;
  readonly measurements: readonly Measurement[];
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()}`,
    node: process.versions.node,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

/** The figures as a Markdown table, so that it can go into docs/performance.md as it is. */
export function renderTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => {
    const { name, value, unit, limit, baseline } = measurement;
    return [
      name,
      value === undefined ? 'not measured' : `${format(value)} ${unit}`,
      limit === undefined ? '' : `${format(limit)} ${unit}`,
      limit === undefined || value === undefined ? '' : holds(measurement) ? 'held' : 'BROKEN',
      baseline ? `${baseline.name}: ${format(baseline.value)} ${unit}` : '',
    ];
  });
  const header = ['measure', 'result', 'limit', '', 'on the same machine'];
  const widths = header.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Writes `<folder>/<benchmark>-<time>.json`. @returns its path */
export async function writeResult(folder: string, result: Result): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.benchmark}-${result.startedAt.replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}

/** Three digits are more than a busy machine repeats. */
function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
