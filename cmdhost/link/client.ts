import { once } from 'node:events';
import { connect } from 'node:net';
import { linkAddress } from './address.ts';
import { clientHandshake, HandshakeError, type Role } from './handshake.ts';
import { createLineStream, type LineStream } from './lines.ts';
import { readSecret } from './secret.ts';

export interface LinkClientOptions {
  readonly workFolder: string;
  readonly role: Role;
  readonly maxLength: number;
  /** Messages after the handshake: none but those of the agent. */
  readonly onMessage: (message: unknown) => void;
}

const CONNECT_MS = 10_000;

/**
 * Connects to the agent of a work folder and makes sure that it is the agent.
 * @throws {Error} of the system when nobody listens; {HandshakeError} when the other side is not the agent of this folder
 */
export async function connectLink(options: LinkClientOptions): Promise<LineStream> {
  const { workFolder, role, maxLength, onMessage } = options;
  const secret = await readSecret(workFolder);
  const socket = connect(linkAddress(workFolder));
  await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
  const handshake = clientHandshake(secret, role);
  const welcomed = Promise.withResolvers<void>();
  let isWelcome = false;
  const stream = createLineStream({
    input: socket,
    output: socket,
    maxLength,
    onMessage: (message) => {
      if (isWelcome) return onMessage(message);
      try {
        const { send, done } = handshake.next(message);
        if (send) stream.send(send);
        if (!done) return;
        stream.sealWith(done.seal);
        isWelcome = true;
        welcomed.resolve();
      } catch (error) {
        welcomed.reject(error);
        throw error;
      }
    },
  });
  stream.send(handshake.hello);
  const timer = setTimeout(() => stream.close(), CONNECT_MS);
  try {
    const refused = stream.closed.then(() => {
      throw new HandshakeError('the agent ended the connection: the secret is not its own');
    });
    await Promise.race([welcomed.promise, refused]);
    return stream;
  } finally {
    clearTimeout(timer);
  }
}
