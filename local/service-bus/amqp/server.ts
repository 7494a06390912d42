import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import rhea from 'rhea';
import type { Connection, EventContext } from 'rhea';
import type { Connections } from '../faults/faults.ts';
import { portTakenMessage } from '../../child.ts';
import { MAX_MESSAGE_BYTES } from './producer-link.ts';
import { receiveRaw } from './rhea-internals.ts';
import type { Router } from './router.ts';

/** Messages a sender may have under way, as Azure grants. */
const SEND_CREDIT = 1000;
/** How long a stop waits for clients to answer the close of their connection. */
const CLOSE_GRACE_MS = 250;

export interface AmqpServer {
  readonly port: number;
  readonly connections: Connections;
  /** Closes all connections, so that clients know to connect again, and the port. */
  close(): Promise<void>;
}

/** Listens for AMQP connections and hands their links to the router. Rejects with a sentence when the port is taken. */
export async function listen(
  address: { readonly host: string; readonly port: number },
  router: Router,
): Promise<AmqpServer> {
  const container = rhea.create_container({ id: 'mcms-local-service-bus' });
  const connections = new Set<Connection>();
  const forget = ({ connection }: EventContext): void => void connections.delete(connection);
  container.on('connection_open', ({ connection }: EventContext) => connections.add(connection));
  container.on('connection_close', forget);
  container.on('disconnected', forget);
  container.on('session_open', ({ session }: EventContext) => session && receiveRaw(session));
  container.on('receiver_open', (context: EventContext) => router.openReceiver(context));
  container.on('sender_open', (context: EventContext) => router.openSender(context));
  container.on('protocol_error', reportClient);
  container.on('error', reportClient);

  const server: Server = container.listen({
    ...address,
    tcp_no_delay: true,
    sender_options: { treat_modified_as_released: false },
    receiver_options: {
      autoaccept: false,
      credit_window: SEND_CREDIT,
      max_message_size: MAX_MESSAGE_BYTES,
    },
  } as Parameters<typeof container.listen>[0]);
  const sockets = trackSockets(server);
  await listening(server, address.port);
  return {
    port: (server.address() as AddressInfo).port,
    connections: {
      list: () =>
        [...connections].map((open) => ({ client: open.container_id, port: socketOf(open)?.remotePort })),
      drop(client = '') {
        const cut = [...connections].filter((open) => open.container_id.includes(client));
        // rhea hears of an error, and of the other side's end, but not that this side is gone.
        for (const open of cut) socketOf(open)?.destroy(new Error('cut by a fault switch'));
        return cut.length;
      },
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections)
        connection.close({ condition: 'amqp:connection:forced', description: 'The broker is stopping.' });
      const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function listening(server: Server, port: number): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(portTakenMessage(port, 'MCMS_AMQP_PORT'), { cause: error });
  }
}

function socketOf(connection: Connection): Socket | undefined {
  return (connection as unknown as { socket?: Socket }).socket;
}

function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** A client broke the protocol; rhea ends its connection, the others go on. */
function reportClient(error: Error): void {
  console.error(`local/service-bus: a client's connection was ended: ${error.message}`);
}
