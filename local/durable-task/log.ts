/** Where the backend reports what nobody else can own; `error` keeps the original with its causes. */
export type DurableLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export const logToStandardError: DurableLog = (level, message, fields = {}) => {
  if (level === 'info') return;
  console.error(`durable-task ${level}: ${message}`, fields);
};
