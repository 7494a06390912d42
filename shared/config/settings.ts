import { z } from 'zod';
import { durationMs } from '../time/duration.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The start is refused: names every app setting that is wrong or missing, never its value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** An empty app setting counts as missing: the portal and Bicep cannot tell the two apart. */
export function readSettings<S extends z.ZodType>(schema: S, environment: Environment): z.output<S> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map(
    (issue) => `  ${issue.path.join('.') || 'settings'}: ${issue.message}`,
  );
  throw new SettingsError(`wrong or missing app settings:\n${lines.join('\n')}`);
}

/** A required setting; `what` completes "is missing: …". */
export function required(what: string) {
  return z.string({
    error: (issue) => (issue.input === undefined ? `is missing: ${what}` : `must be ${what}`),
  });
}

/** An absolute http(s) address. */
export function address(what: string) {
  return required(what).refine(
    (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
    `must be ${what}, an http or https address`,
  );
}

/** An ISO 8601 duration of fixed length and more than zero, as milliseconds. */
export function duration(what: string) {
  return z.string().transform((text, context) => {
    try {
      const ms = durationMs(text);
      if (ms > 0) return ms;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    context.addIssue({ code: 'custom', message: `must be ${what}, a duration such as P90D` });
    return z.NEVER;
  });
}

/** A TCP port; 0 asks the system for a free one. */
export function port(fallback: number) {
  return z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .refine((value) => value <= 65_535, 'must be at most 65535')
    .default(fallback);
}

const SQL_SERVER = /(^|;)\s*(server|data source|address|addr|network address)\s*=/i;

/** `sqlite:PATH` or a SQL Server connection string. */
export function sqlConnection() {
  return required('an ADO.NET connection string, or sqlite:PATH').refine(
    (value) => /^sqlite:.+/.test(value) || SQL_SERVER.test(value),
    'must be an ADO.NET connection string (Server=…), or sqlite:PATH',
  );
}

/** A SQL Server connection string. */
export function sqlServerConnection() {
  return required('an ADO.NET connection string').refine(
    (value) => SQL_SERVER.test(value),
    'must be an ADO.NET connection string (Server=…)',
  );
}
