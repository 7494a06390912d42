import { AsyncLocalStorage } from 'node:async_hooks';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { currentOperationKey } from './spans.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Takes one finished JSON line. Inside an Azure function this is the invocation's own log. */
export type LogSink = (level: LogLevel, line: string) => void;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const sinks = new AsyncLocalStorage<LogSink>();

const standardError: LogSink = (_level, line) => {
  process.stderr.write(`${line}\n`);
};

/** Runs `fn` with every log line written inside it going to `sink`. */
export function withLogSink<T>(sink: LogSink, fn: () => T): T {
  return sinks.run(sink, fn);
}

/**
 * A logger that writes JSON lines `{time, level, component, message, trace_id, span_id, "operation.key", …fields}`. An
 * `Error` among the fields is written with name, message, code, stack and causes. Outside a sink, lines go to standard error.
 */
export function createLogger(component: string): Logger {
  const write = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    const line = { time: new Date().toISOString(), level, component, message, ...traceFields(), ...fields };
    (sinks.getStore() ?? standardError)(level, stringify(line));
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}

function traceFields(): LogFields {
  const span = trace.getActiveSpan()?.spanContext();
  const key = currentOperationKey();
  return {
    ...(span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {}),
    ...(key ? { 'operation.key': key } : {}),
  };
}

function stringify(line: LogFields): string {
  try {
    return JSON.stringify(line, (_key, value: unknown) =>
      value instanceof Error ? errorFields(value) : typeof value === 'bigint' ? value.toString() : value,
    );
  } catch {
    // A cycle in a field must not cost the message.
    return JSON.stringify({
      ...line,
      ...Object.fromEntries(Object.keys(line).map((key) => [key, String(line[key])])),
    });
  }
}

function errorFields(error: Error): LogFields {
  const code: unknown = Reflect.get(error, 'code');
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  };
}
