import type { ServerResponse } from 'node:http';
import type core from '../functions-core.cjs';

/** Headers that belong to the connection or are computed here; a handler's value would contradict the real ones. */
const HOST_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade']);

/**
 * Writes what a function returned. Nothing returned is 204 with an empty body (Azure Functions 2.x and later).
 * Throws, with nothing written, for a status or header that HTTP does not allow.
 */
export function writeResponse(response: ServerResponse, data: core.HttpData | undefined): void {
  if (!data) {
    writeEmpty(response, 204);
    return;
  }
  const status = Number(data.statusCode ?? 200);
  const body = Buffer.from(data.body?.bytes ?? []);
  for (const [name, value] of Object.entries(data.headers ?? {})) {
    const isLengthOfHead = name === 'content-length' && response.req.method === 'HEAD' && body.length === 0;
    if (!HOST_HEADERS.has(name) || isLengthOfHead) response.setHeader(name, value);
  }
  for (const cookie of data.cookies ?? []) response.appendHeader('set-cookie', serializeCookie(cookie));
  const hasBody = status !== 204 && status !== 304;
  if (hasBody && !response.hasHeader('content-length')) response.setHeader('content-length', body.length);
  response.writeHead(status);
  response.end(hasBody ? body : undefined);
}

/** Answers with a status and no body. */
export function writeEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 204 ? {} : { 'content-length': 0 });
  response.end();
}

/** RFC 6265 `Set-Cookie`; the value is percent-encoded as ASP.NET does. */
function serializeCookie(cookie: core.HttpCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value)}`];
  if (cookie.expires) parts.push(`Expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.maxAge) parts.push(`Max-Age=${Math.trunc(cookie.maxAge.value)}`);
  if (cookie.domain) parts.push(`Domain=${cookie.domain.value}`);
  parts.push(`Path=${cookie.path?.value ?? '/'}`);
  if (cookie.secure?.value) parts.push('Secure');
  const sameSite = { lax: 'Lax', strict: 'Strict', explicitNone: 'None', none: undefined }[cookie.sameSite];
  if (sameSite) parts.push(`SameSite=${sameSite}`);
  if (cookie.httpOnly?.value) parts.push('HttpOnly');
  return parts.join('; ');
}
