import type { IncomingMessage } from 'node:http';

/** Largest request body of the Functions host (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT), 100 MiB. */
export const DEFAULT_BODY_LIMIT_BYTES = 104_857_600;

/** How reading a body ended: whole, over the limit, or the client went away. */
export type BodyResult = { kind: 'whole'; bytes: Buffer } | { kind: 'tooLarge' } | { kind: 'gone' };

/** True when the client announces more than the limit; then nothing needs to be read. */
export function announcesTooMuch(request: IncomingMessage, limitBytes: number): boolean {
  return Number(request.headers['content-length'] ?? 0) > limitBytes;
}

/** Reads the whole body, `limitBytes` at most. Never rejects: a broken connection is `gone`. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<BodyResult> {
  if (announcesTooMuch(request, limitBytes)) return Promise.resolve({ kind: 'tooLarge' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        chunks.length = 0;
        request.pause();
        resolve({ kind: 'tooLarge' });
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    request.on('close', () => resolve({ kind: 'gone' }));
    request.on('error', () => resolve({ kind: 'gone' }));
  });
}
