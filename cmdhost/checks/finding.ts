/** `warning`: works now, and somebody should look at it. `problem`: the agent will not work so. */
export type Level = 'ok' | 'warning' | 'problem';

/** What one check found, for the person at the screen. */
export interface Finding {
  /** What was looked at, as `private key`. */
  readonly check: string;
  readonly level: Level;
  readonly detail: string;
  /** What to do about it; `ok` needs none. */
  readonly next?: string;
}

/** The words of one check. */
export interface Found {
  ok(detail: string): Finding;
  warning(detail: string, next: string): Finding;
  problem(detail: string, next: string): Finding;
}

export function about(check: string): Found {
  return {
    ok: (detail) => ({ check, level: 'ok', detail }),
    warning: (detail, next) => ({ check, level: 'warning', detail, next }),
    problem: (detail, next) => ({ check, level: 'problem', detail, next }),
  };
}

/** 1 when the agent will not work as it is. */
export function exitCode(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ level }) => level === 'problem') ? 1 : 0;
}
