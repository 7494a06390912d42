import { createServer } from 'node:net';
import { portTakenMessage } from '../child.ts';
import { hasCode } from '../state-file.ts';
import type { PortClaim } from './service.ts';

/** One sentence per claimed port that is taken, or claimed twice; none when all are free. */
export async function findTakenPorts(claims: readonly PortClaim[]): Promise<string[]> {
  const twice = claims.flatMap(({ port, setting }, index) => {
    const earlier = claims.slice(0, index).find((claim) => claim.port === port);
    return earlier ? [`${earlier.setting} and ${setting} are both ${port}; give them different ports`] : [];
  });
  const taken = await Promise.all(
    claims.map(async ({ port, setting }) => ((await isFree(port)) ? [] : [portTakenMessage(port, setting)])),
  );
  return [...twice, ...taken.flat()];
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('a TCP server has no port'));
        else resolve(address.port);
      });
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (hasCode(error, 'EADDRINUSE')) resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
