import { get } from 'node:http';
import type { StackSettings } from './settings.ts';

const POLL_MS = 100;
const TIMEOUT_MS = 30_000;

/** Resolves once `GET /api/health/ready` is 200. @throws a sentence after 30 s */
export async function untilApiReady({ apiUrl, stateDir }: StackSettings): Promise<void> {
  const address = `${apiUrl}/api/health/ready`;
  const until = Date.now() + TIMEOUT_MS;
  let last = await probe(address);
  while (last !== '200') {
    if (Date.now() > until)
      throw new Error(
        `${address} did not answer 200 within ${TIMEOUT_MS / 1000} s (last: ${last}); ` +
          `what the host wrote is in ${stateDir}/logs/functions-host.log`,
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    last = await probe(address);
  }
}

/** The status, or the reason why there is none. */
function probe(address: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(address, { timeout: 5000 }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.on('timeout', () => request.destroy(new Error('no answer in 5 s')));
    request.on('error', (error) => resolve(error.message));
  });
}
