import { createHash } from 'node:crypto';

/**
 * The id of what a request with an `Idempotency-Key` makes (a command, a bulk action, an entry of the operators' journal): the same
 * for the same caller, address and key, so that a repetition finds it even when the process died before it could record its answer.
 * SHA-256 as a UUID of version 8 (https://www.rfc-editor.org/rfc/rfc9562#section-5.8).
 */
export function commandIdOf(request: {
  readonly subject: string;
  readonly path: string;
  readonly key: string;
}): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([request.subject, request.path, request.key]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
