import { Cron } from 'croner';
import { HostStartError } from '../errors.ts';
import { timeSpanToMs } from '../time-span.ts';

/** When a timer function runs. */
export interface Schedule {
  /** The first occurrence after `from`; undefined when there is none any more. */
  next(from: Date): Date | undefined;
  /** True when it runs at most once a minute; only such schedules are monitored over restarts by default. */
  readonly isSlow: boolean;
}

/** Numbers and three-letter names; croner's L, W, ? and # are not NCRONTAB. */
const FIELD = /^(?:\d+|[A-Za-z]{3}(?![A-Za-z])|[*,/-])+$/;

/**
 * A schedule from an NCRONTAB expression (5 fields, or 6 with seconds first; UTC; day of month and day of week must both
 * match, as in NCrontab) or a TimeSpan between runs. Throws HostStartError for anything else.
 */
export function parseSchedule(expression: string, functionName: string): Schedule {
  const refuse = (why: string): never => {
    throw new HostStartError(`function "${functionName}": schedule "${expression}": ${why}`);
  };
  const spanMs = timeSpanToMs(expression);
  if (spanMs !== undefined) {
    if (spanMs === 0) refuse('a TimeSpan must be longer than zero');
    return { next: (from) => new Date(from.getTime() + spanMs), isSlow: spanMs >= 60_000 };
  }
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) refuse('5 or 6 fields, or a TimeSpan, are expected');
  if (!fields.every((field) => FIELD.test(field))) refuse('only numbers, names and * , - / are supported');
  const sixFields = fields.length === 6 ? fields : ['0', ...fields];
  const cron = parseCron(sixFields.join(' '), refuse);
  return { next: (from) => cron.nextRun(from) ?? undefined, isSlow: /^\d+$/.test(sixFields[0] ?? '') };
}

function parseCron(expression: string, refuse: (why: string) => never): Cron {
  try {
    return new Cron(expression, { timezone: 'UTC', paused: true, domAndDow: true, mode: '6-part' });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
