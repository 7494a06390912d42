import { chmod, rm } from 'node:fs/promises';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { Logger } from '../../shared/telemetry/index.ts';
import { linkAddress, listenAt } from './address.ts';
import { type Role, serverHandshake } from './handshake.ts';
import { createLineStream, type LineStream } from './lines.ts';
import { makeSecret } from './secret.ts';

/** What a side that has proven itself is connected to. */
export interface LinkPeer {
  onMessage(message: unknown): void;
}

export interface LinkServerOptions {
  readonly workFolder: string;
  /** Who connects is of another account than the agent, as the runner of a session is on Windows. */
  readonly forOtherAccounts: boolean;
  /** Makes of a connection in that role whoever its messages are for. */
  readonly accept: (role: Role, stream: LineStream) => LinkPeer;
  readonly maxLength: number;
  readonly log: Logger;
}

export interface LinkServer {
  close(): Promise<void>;
}

const HANDSHAKE_MS = 5_000;

/** Listens for runner and control commands at the work folder's own address. One agent per folder: see the journal's lock. */
export async function startLinkServer(options: LinkServerOptions): Promise<LinkServer> {
  const { workFolder, forOtherAccounts } = options;
  const secret = await makeSecret(workFolder);
  const address = linkAddress(workFolder);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    welcome(socket, secret, options);
  });
  if (process.platform !== 'win32') await rm(address, { force: true });
  await listen(server, listenAt(address, forOtherAccounts));
  if (process.platform !== 'win32') await chmod(address, 0o600);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function welcome(socket: Socket, secret: Buffer, { accept, maxLength, log }: LinkServerOptions): void {
  const handshake = serverHandshake(secret);
  const timer = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
  socket.once('close', () => clearTimeout(timer));
  let peer: LinkPeer | undefined;
  const stream = createLineStream({
    input: socket,
    output: socket,
    maxLength,
    onMessage: (message) => {
      if (peer) return peer.onMessage(message);
      try {
        const { send, done } = handshake.next(message);
        if (send) stream.send(send);
        if (!done) return;
        clearTimeout(timer);
        stream.sealWith(done.seal);
        peer = accept(done.role, stream);
      } catch (error) {
        log.warn('a connection to the agent was refused', { error });
        throw error;
      }
    },
  });
}

async function listen(server: Server, options: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
