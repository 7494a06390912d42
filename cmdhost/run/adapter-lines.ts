import { adapterLine, type AdapterLine, serveDone } from '../adapters/contract.ts';

export interface AdapterEvents {
  readonly onLine: (line: AdapterLine) => void;
  /** Text that is no line of the contract, and all of stderr. */
  readonly onText: (text: string) => void;
}

/** Gives a line to whom it is for. */
export function dispatch(stream: 'out' | 'err', text: string, { onLine, onText }: AdapterEvents): void {
  const parsed =
    stream === 'out' && text.startsWith('{') ? adapterLine.safeParse(parseJson(text)) : undefined;
  if (parsed?.success) onLine(parsed.data);
  else onText(text);
}

/** The attempt whose end a line on stdout tells; undefined for any other line. */
export function doneAttempt(stream: 'out' | 'err', text: string): string | undefined {
  if (stream === 'err' || !text.startsWith('{')) return undefined;
  return serveDone.safeParse(parseJson(text)).data?.attemptId;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
