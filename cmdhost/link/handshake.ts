import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Challenge, isSameProof, proofOf } from './secret.ts';

/**
 * How two processes of one workstation make sure of each other before anything else is said: each sends a number of its own, each
 * answers with an HMAC over both. Neither a program that only knows the address nor one that repeats what it has overheard gets through.
 */

export const ROLES = ['runner', 'control'] as const;
export type Role = (typeof ROLES)[number];

const nonce = z.string().regex(/^[0-9a-f]{64}$/);
const proof = z.string().max(64);
const hello = z.strictObject({ type: z.literal('hello'), role: z.enum(ROLES), nonce });
const challenge = z.strictObject({ type: z.literal('challenge'), nonce, proof });
const answer = z.strictObject({ type: z.literal('answer'), proof });

/** The other side does not know the secret, or says something else. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
}

/** One side of a handshake: give it each message of the other; it says what to send, and `done` when both have proven themselves. */
export interface Handshake {
  next(message: unknown): { readonly send?: object; readonly done?: Role };
}

export function serverHandshake(secret: Buffer): Handshake {
  const serverNonce = makeNonce();
  let agreed: (Challenge & { readonly role: Role }) | undefined;
  return {
    next: (message) => {
      if (!agreed) {
        const { role, nonce: clientNonce } = parse(hello, message);
        agreed = { role, clientNonce, serverNonce };
        const send = { type: 'challenge', nonce: serverNonce, proof: proofOf(secret, 'server', agreed) };
        return { send };
      }
      verify(parse(answer, message).proof, proofOf(secret, 'client', agreed));
      return { send: { type: 'welcome' }, done: agreed.role };
    },
  };
}

export function clientHandshake(secret: Buffer, role: Role): Handshake & { readonly hello: object } {
  const clientNonce = makeNonce();
  let proven = false;
  return {
    hello: { type: 'hello', role, nonce: clientNonce },
    next: (message) => {
      if (proven) {
        parse(z.strictObject({ type: z.literal('welcome') }), message);
        return { done: role };
      }
      const { nonce: serverNonce, proof: given } = parse(challenge, message);
      const agreed = { role, clientNonce, serverNonce };
      verify(given, proofOf(secret, 'server', agreed));
      proven = true;
      return { send: { type: 'answer', proof: proofOf(secret, 'client', agreed) } };
    },
  };
}

function makeNonce(): string {
  return randomBytes(32).toString('hex');
}

function verify(given: string, expected: string): void {
  if (!isSameProof(given, expected)) throw new HandshakeError('the other side does not know the secret');
}

function parse<S extends z.ZodType>(schema: S, message: unknown): z.output<S> {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throw new HandshakeError('the other side does not keep to the handshake');
}
