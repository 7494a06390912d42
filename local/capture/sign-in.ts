import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CAPTURE_KEY } from './addresses.ts';

const MAX_AGE_MS = 5 * 60_000;

export interface SignedRequest {
  readonly method: string;
  readonly pathAndQuery: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Whether the request is signed by the access key, as Communication Services asks it:
 * https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial
 */
export function isSigned({ method, pathAndQuery, headers, body }: SignedRequest, now: Date): boolean {
  const date = String(headers['x-ms-date'] ?? '');
  const digest = createHash('sha256').update(body).digest('base64');
  if (headers['x-ms-content-sha256'] !== digest) return false;
  if (!(Math.abs(now.getTime() - Date.parse(date)) <= MAX_AGE_MS)) return false;
  const signature = createHmac('sha256', Buffer.from(CAPTURE_KEY, 'base64'))
    .update(`${method}\n${pathAndQuery}\n${date};${headers.host ?? ''};${digest}`)
    .digest('base64');
  const wanted = `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`;
  const given = headers.authorization ?? '';
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}
