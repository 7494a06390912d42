import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { partControlFile } from './part.ts';
import type { Switchboard } from './switchboard.ts';

const address = z.object({ url: z.url() });

/** The switches of another process, found anew for each call: the process may have been started again. */
export function remoteSwitches(part: string, stateDir: string): Switchboard {
  const call = async (method: 'GET' | 'POST' | 'DELETE', body?: unknown): Promise<unknown> => {
    const { url } = address.parse(JSON.parse(await readFile(partControlFile(stateDir, part), 'utf8')));
    const response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(5_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as unknown;
    if (response.status === 400)
      throw new SyntaxError(z.object({ message: z.string() }).parse(answer).message);
    if (!response.ok) throw new Error(`${part} answers ${response.status}`);
    return answer;
  };
  return {
    view: () => call('GET').catch((error: unknown) => ({ unreachable: String(error) })),
    change: (wanted) => call('POST', wanted),
    reset: () => call('DELETE'),
  };
}
