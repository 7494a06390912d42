import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { linkAddress, listenAt } from './address.ts';
import { clientHandshake, HandshakeError, type Role, serverHandshake } from './handshake.ts';
import { createLineStream } from './lines.ts';
import { proofOf } from './secret.ts';

const secret = Buffer.alloc(32, 1);

const nonceOf = (message: object | undefined): string => String(Object(message).nonce);

/** Both sides to the end; each message as it would come off the line. */
function shakeHands(of: { server: Buffer; client: Buffer }, role: Role = 'runner') {
  const server = serverHandshake(of.server);
  const client = clientHandshake(of.client, role);
  const challenge = server.next(client.hello).send;
  const answer = client.next(challenge).send;
  const { send: welcome, done } = server.next(answer);
  return { challenge, answer, server: done?.role, client: client.next(welcome).done?.role };
}

describe('the handshake', () => {
  it.each(['runner', 'control'] as const)('lets two that know the secret agree on %s', (role) => {
    expect(shakeHands({ server: secret, client: secret }, role)).toMatchObject({
      server: role,
      client: role,
    });
  });

  it('shows the client that the server does not know the secret', () => {
    expect(() => shakeHands({ server: Buffer.alloc(32, 2), client: secret })).toThrow(HandshakeError);
  });

  it('takes no answer to another challenge', () => {
    const { answer } = shakeHands({ server: secret, client: secret });
    const server = serverHandshake(secret);
    server.next(clientHandshake(secret, 'runner').hello);
    expect(() => server.next(answer)).toThrow('the other side does not know the secret');
  });

  it('takes no role on either side but the one that the client has asked for', () => {
    const unequal = () => {
      const server = serverHandshake(secret);
      const client = clientHandshake(secret, 'control');
      return { server, client, challenge: server.next({ ...client.hello, role: 'runner' }).send };
    };
    const { client, challenge } = unequal();
    expect(() => client.next(challenge)).toThrow('the other side does not know the secret');
    const { server, client: asked, challenge: made } = unequal();
    const nonces = { clientNonce: nonceOf(asked.hello), serverNonce: nonceOf(made) };
    const proof = proofOf(secret, 'client', { role: 'control', ...nonces });
    expect(() => server.next({ type: 'answer', proof })).toThrow('the other side does not know the secret');
  });

  it.each([
    ['a message of the conversation', { type: 'status' }],
    ['an unknown role', { type: 'hello', role: 'root', nonce: 'ab'.repeat(32) }],
    ['nothing', null],
  ])('takes no %s first', (_name, message) => {
    expect(() => serverHandshake(secret).next(message)).toThrow('does not keep to the handshake');
  });
});

describe('the address of an agent', () => {
  it('is a socket in its folder, beside it when its path is too long, and a pipe on Windows', () => {
    expect(linkAddress('/var/lib/mcms', 'linux')).toBe('/var/lib/mcms/agent.sock');
    expect(linkAddress(`/${'x'.repeat(120)}`, 'linux', '/tmp')).toMatch(
      /^\/tmp\/mcms-cmdhost-[0-9a-f]{32}\.sock$/,
    );
    expect(linkAddress('/data', 'win32')).toMatch(/^\\\\\.\\pipe\\mcms-cmdhost-[0-9a-f]{32}$/);
    expect(linkAddress('/data/a', 'win32')).not.toBe(linkAddress('/data/b', 'win32'));
  });

  it('is open to other accounts on Windows only, and only when they have to connect', () => {
    expect(listenAt('a', true, 'win32')).toEqual({ path: 'a', readableAll: true, writableAll: true });
    expect(listenAt('a', false, 'win32')).toEqual({ path: 'a' });
    expect(listenAt('a', true, 'linux')).toEqual({ path: 'a' });
  });
});

describe('messages as lines', () => {
  const open = () => {
    const input = new PassThrough();
    const messages: unknown[] = [];
    const onMessage = (message: unknown): void => void messages.push(message);
    return {
      input,
      messages,
      stream: createLineStream({ input, output: new PassThrough(), maxLength: 20, onMessage }),
    };
  };

  it('come whole, however they are cut', async () => {
    const { input, messages, stream } = open();
    for (const part of ['{"a"', ':1}\n{"b":2}', '\n']) input.write(part);
    input.end();
    await stream.closed;
    expect(messages).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('may be as long sealed as without a seal', async () => {
    const { input, messages, stream } = open();
    stream.sealWith({ seal: (text) => text, open: (line) => line.slice(64) });
    const longest = JSON.stringify({ a: 'x'.repeat(12) });
    for (const line of [longest, `${longest} `]) input.write(`${'0'.repeat(64)}${line}\n`);
    await stream.closed;
    expect(messages).toEqual([{ a: 'x'.repeat(12) }]);
  });

  it.each([
    ['is no JSON', 'hello\n{"a":1}\n'],
    ['is too long', `{"a":"${'x'.repeat(40)}"}\n{"a":1}\n`],
  ])('end with one that %s', async (_name, text) => {
    const { input, messages, stream } = open();
    input.write(text);
    await stream.closed;
    expect(messages).toEqual([]);
    expect(stream.send({})).toBe(false);
  });
});
