import { asError } from '../errors.ts';
import type { HostLog } from '../log.ts';

/** Says once that a connection is broken and once that it works again, however often it is tried in between. */
export interface FaultReporter {
  report(error: unknown): void;
  recovered(): void;
}

/** A different fault is worth a new line; `subject` names what is broken. */
export function createFaultReporter(log: HostLog, subject: string): FaultReporter {
  const reported = new Set<string>();
  return {
    report(error) {
      const { message, name } = asError(error);
      const code = error && typeof error === 'object' && 'code' in error ? String(error.code) : name;
      if (reported.has(code)) return;
      reported.add(code);
      log.write({ level: 'warning', message: `${subject}: ${message}; trying again until it works` });
    },
    recovered() {
      if (reported.size === 0) return;
      reported.clear();
      log.write({ level: 'information', message: `${subject}: works again` });
    },
  };
}
