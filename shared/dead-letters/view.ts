import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { StandingMessage } from '../messaging/index.ts';
import type { DeadLetter } from './contracts.ts';
import { type Place, sourceOf } from './places.ts';

type BodyView = Pick<DeadLetter, 'body' | 'bodyFormat' | 'bodyBytes' | 'bodyTruncated'>;

const commandBody = z.looseObject({ commandId: z.uuid().toLowerCase() });

/** A message as the API shows it, with at most `bodyLimit` bytes of its body. */
export function deadLetterView(
  { queue }: Pick<Place, 'queue'>,
  message: StandingMessage,
  bodyLimit: number,
): DeadLetter {
  return {
    queue,
    sequenceNumber: String(message.sequenceNumber),
    messageId: message.messageId,
    enqueuedAt: message.enqueuedAt.toISOString(),
    reason: message.deadLetterReason ?? null,
    description: message.deadLetterErrorDescription ?? null,
    sourceQueue: sourceOf(queue, message.applicationProperties) ?? null,
    deliveryCount: message.deliveryCount,
    commandId: commandIdOf(message.body) ?? null,
    contentType: message.contentType ?? null,
    ...bodyView(message.body, bodyLimit),
  };
}

/** The command a message is about, when its body says so. */
export function commandIdOf(body: unknown): string | undefined {
  const text = textOf(body);
  const parsed = commandBody.safeParse(text === undefined ? undefined : jsonOf(text));
  return parsed.success ? parsed.data.commandId : undefined;
}

function bodyView(body: unknown, limit: number): BodyView {
  if (!(body instanceof Uint8Array)) return amqpView(body, limit);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const bodyTruncated = bytes.length > limit;
  const facts = { bodyBytes: bytes.length, bodyTruncated };
  const text = textOf(bytes);
  if (text === undefined)
    return { ...facts, bodyFormat: 'base64', body: bytes.subarray(0, limit).toString('base64') };
  const value = bodyTruncated ? undefined : jsonOf(text);
  if (value !== undefined) return { ...facts, bodyFormat: 'json', body: value };
  return { ...facts, bodyFormat: 'text', body: bodyTruncated ? cut(bytes, limit) : text };
}

function amqpView(body: unknown, limit: number): BodyView {
  const text = JSON.stringify(body) ?? 'null';
  const bodyBytes = Buffer.byteLength(text);
  const bodyTruncated = bodyBytes > limit;
  return {
    bodyBytes,
    bodyTruncated,
    bodyFormat: 'amqp',
    body: bodyTruncated ? cut(Buffer.from(text), limit) : (JSON.parse(text) as unknown),
  };
}

function textOf(body: unknown): string | undefined {
  return body instanceof Uint8Array && isUtf8(body) ? Buffer.from(body).toString('utf8') : undefined;
}

/** Cuts between characters. */
function cut(bytes: Buffer, limit: number): string {
  return new TextDecoder('utf-8').decode(bytes.subarray(0, limit), { stream: true });
}

/** Undefined when it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
