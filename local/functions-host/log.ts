import type core from './functions-core.cjs';

/** Writes one line of text: time, level, function or `host`, invocation id or `-`, message. */
export interface HostLog {
  write(entry: LogEntry): void;
}

export interface LogEntry {
  readonly level: core.LogLevel;
  readonly functionName?: string;
  readonly invocationId?: string;
  readonly message: string;
}

const LEVELS = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;

/** What looks like a credential in connection strings, SAS addresses and headers. */
const SECRETS = [
  /((?:SharedAccessKey|SharedAccessSignature|AccountKey|Password|Pwd|sig|signature|client_secret)\s*=\s*)[^;&\s"']+/gi,
  /(\bBearer\s+)[\w.~+/-]+=*/gi,
];

/**
 * A log that drops entries below host.json's `logging.logLevel` (the longest of `Function.<name>`, `Function`, `default`
 * that is there; Information when none is).
 */
export function createLog(
  levels: Readonly<Record<string, string>>,
  writeLine: (line: string) => void,
): HostLog {
  const minimumOf = (functionName: string | undefined): number => {
    const categories = functionName ? [`Function.${functionName}`, 'Function', 'default'] : ['default'];
    const name = categories.map((category) => levels[category]).find((level) => level !== undefined);
    return rank((name ?? 'information').toLowerCase());
  };
  return {
    write(entry) {
      if (rank(entry.level) >= minimumOf(entry.functionName)) writeLine(formatLine(entry));
    },
  };
}

function rank(level: string): number {
  return LEVELS.findIndex((name) => name === level);
}

function formatLine({ level, functionName, invocationId, message }: LogEntry): string {
  const where = `${functionName ?? 'host'} ${invocationId ?? '-'}`;
  return `${new Date().toISOString()} ${level.toUpperCase()} ${where} ${redact(message).replaceAll(/\r?\n/g, '\\n')}`;
}

/** The text without values that look like keys, signatures, passwords or bearer tokens. */
export function redact(text: string): string {
  return SECRETS.reduce((result, secret) => result.replaceAll(secret, '$1***'), text);
}
