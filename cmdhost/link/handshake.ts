import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createSeal, type Seal } from './seal.ts';
import { type Challenge, isSameProof, proofOf } from './secret.ts';

/**
 * How two processes of one workstation make sure of each other before anything else is said: each sends a number of its own, each
 * answers with an HMAC over both. Neither a program that only knows the address nor one that repeats what it has overheard gets through.
 * One that passes the handshake on gets no further either: from then on each line is sealed.
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

/** What two sides have agreed on that have proven themselves. */
export interface Agreement {
  readonly role: Role;
  /** For every line that follows, in both directions. */
  readonly seal: Seal;
}

/** One side of a handshake: give it each message of the other; it says what to send, then `done` with which it is over. */
export interface Handshake {
  next(message: unknown): { readonly send?: object; readonly done?: Agreement };
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
      const done = { role: agreed.role, seal: createSeal(secret, 'server', agreed) };
      return { send: { type: 'welcome' }, done };
    },
  };
}

export function clientHandshake(secret: Buffer, role: Role): Handshake & { readonly hello: object } {
  const clientNonce = makeNonce();
  let agreed: (Challenge & { readonly role: Role }) | undefined;
  return {
    hello: { type: 'hello', role, nonce: clientNonce },
    next: (message) => {
      if (agreed) {
        parse(z.strictObject({ type: z.literal('welcome') }), message);
        return { done: { role, seal: createSeal(secret, 'client', agreed) } };
      }
      const { nonce: serverNonce, proof: given } = parse(challenge, message);
      const offered = { role, clientNonce, serverNonce };
      verify(given, proofOf(secret, 'server', offered));
      agreed = offered;
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
