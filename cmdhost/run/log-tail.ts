const MAX_LINES = 50;
const MAX_LENGTH = 500;

/** The last 50 lines of a run's log, 500 characters each: what heartbeats and results carry. */
export interface LogTail {
  add(line: string): void;
  lines(): string[];
}

export function createLogTail(): LogTail {
  const kept: string[] = [];
  return {
    add: (line) => {
      // Control characters would reach terminals and logs of whoever reads the command.
      // eslint-disable-next-line no-control-regex
      const text = line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]+/g, ' ').trim();
      if (!text) return;
      kept.push(text.slice(0, MAX_LENGTH));
      if (kept.length > MAX_LINES) kept.shift();
    },
    lines: () => [...kept],
  };
}
