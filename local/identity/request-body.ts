import type { IncomingMessage } from 'node:http';
import { OAuthError } from './errors.ts';

const MAX_BODY_BYTES = 16 * 1024;

/** The body as text. @throws {OAuthError} when it is of another type or larger than 16 KiB */
export async function readBody(request: IncomingMessage, mediaType: string): Promise<string> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== mediaType) throw new OAuthError('invalid_request', `the body must be ${mediaType}`);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES)
      throw new OAuthError('invalid_request', `the body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
