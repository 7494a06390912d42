import { exitCode, type Finding } from './finding.ts';

/** A line for each finding, its next step below it, and the sum at the end. */
export function renderTable(findings: readonly Finding[]): string {
  const checkWidth = Math.max(0, ...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ level, check, detail, next }) => {
    const line = `${level.padEnd(7)}  ${check.padEnd(checkWidth)}  ${detail}`;
    return next === undefined ? [line] : [line, `${' '.repeat(checkWidth + 11)}-> ${next}`];
  });
  return `${[...lines, '', sum(findings)].join('\n')}\n`;
}

/** The same for programs. */
export function renderJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ schemaVersion: 1, ok: exitCode(findings) === 0, findings }, null, 2)}\n`;
}

function sum(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems + warnings === 0) return 'all is well';
  return `${problems} ${problems === 1 ? 'problem' : 'problems'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
}
