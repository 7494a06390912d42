import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../shared/telemetry/index.ts';
import { linkAddress } from './address.ts';
import { connectLink } from './client.ts';
import type { LineStream } from './lines.ts';
import { type LinkServer, startLinkServer } from './server.ts';

/** What the relay makes of the lines that one side has said after the handshake; undefined: it waits for more of them. */
type Change = (lines: readonly string[]) => readonly string[] | undefined;

/** With what the other side hears before it ends the connection. */
const CHANGES: readonly [string, Change, readonly unknown[]][] = [
  ['nothing', (lines) => lines, [{ n: 1 }, { n: 2 }]],
  ['a line added', ([first = '', ...rest]) => ['{"type":"start"}', first, ...rest], []],
  ['a line added later', ([first = '', ...rest]) => [first, '{"type":"start"}', ...rest], [{ n: 1 }]],
  ['a line changed', ([first = '', ...rest]) => [first.replace('"n":1', '"n":7'), ...rest], []],
  ['a seal put before another text', ([first = '']) => [`${first.slice(0, 64)}{"type":"start"}`], []],
  ['a line without its seal', ([first = '']) => [first.slice(64)], []],
  ['a line repeated', ([first = '', ...rest]) => [first, first, ...rest], [{ n: 1 }]],
  ['a line left out', (lines) => (lines.length < 2 ? undefined : lines.slice(1)), []],
  ['two lines exchanged', (lines) => (lines.length < 2 ? undefined : lines.toReversed()), []],
];

describe('a program between runner and agent', () => {
  let agentFolder: string;
  let relayFolder: string;
  let server: LinkServer;
  let relay: Server | undefined;
  const sockets: Socket[] = [];
  const heard = { server: [] as unknown[], client: [] as unknown[] };
  let atServer: PromiseWithResolvers<LineStream>;

  beforeEach(async () => {
    agentFolder = await mkdtemp(join(tmpdir(), 'mcms-link-'));
    relayFolder = await mkdtemp(join(tmpdir(), 'mcms-relay-'));
    atServer = Promise.withResolvers();
    heard.server = [];
    heard.client = [];
    server = await startLinkServer({
      workFolder: agentFolder,
      forOtherAccounts: true,
      maxLength: 1000,
      log: createLogger('test'),
      accept: (_role, stream) => {
        atServer.resolve(stream);
        return { onMessage: (message) => void heard.server.push(message) };
      },
    });
    await copyFile(join(agentFolder, 'link.secret'), join(relayFolder, 'link.secret'));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    relay?.close();
    await server.close();
    for (const folder of [agentFolder, relayFolder]) await rm(folder, { recursive: true });
  });

  /** Listens where the client looks for the agent, and passes the handshake on, as anyone can who knows the address. */
  const startRelay = async (toServer: Change, toClient: Change): Promise<void> => {
    relay = createServer((client) => {
      const agent = connect(linkAddress(agentFolder));
      sockets.push(client, agent);
      passOn(client, agent, toServer);
      passOn(agent, client, toClient);
    });
    await new Promise<void>((resolve) => relay?.listen(linkAddress(relayFolder), resolve));
  };
  const connectThroughRelay = async (): Promise<LineStream> =>
    connectLink({
      workFolder: relayFolder,
      role: 'runner',
      maxLength: 1000,
      onMessage: (message) => void heard.client.push(message),
    });
  const unchanged: Change = (lines) => lines;

  it.each(CHANGES)('with %s to the client', async (_name, change, expected) => {
    await startRelay(unchanged, change);
    const client = await connectThroughRelay();
    const agent = await atServer.promise;
    for (const n of [1, 2]) agent.send({ n });
    if (change === CHANGES[0]?.[1]) agent.close();
    await client.closed;
    expect(heard.client).toEqual(expected);
  });

  it.each(CHANGES)('with %s to the server', async (_name, change, expected) => {
    await startRelay(change, unchanged);
    const client = await connectThroughRelay();
    const agent = await atServer.promise;
    for (const n of [1, 2]) client.send({ n });
    if (change === CHANGES[0]?.[1]) client.close();
    await agent.closed;
    expect(heard.server).toEqual(expected);
  });

  it('cannot send a side what it has said itself', async () => {
    let said = '';
    await startRelay(
      ([line = '']) => {
        said = line;
        return [];
      },
      () => [said],
    );
    const client = await connectThroughRelay();
    const agent = await atServer.promise;
    client.send({ n: 1 });
    await until(() => said !== '');
    agent.send({ n: 2 });
    await client.closed;
    expect(heard.client).toEqual([]);
  });
});

/** The first two lines as they are (hello and answer, challenge and welcome); then what `change` makes of all that follow. */
function passOn(from: Socket, to: Socket, change: Change): void {
  let rest = '';
  let passed = 0;
  let held: string[] = [];
  from.setEncoding('utf8');
  from.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (passed < 2) {
        passed += 1;
        to.write(`${line}\n`);
      } else held.push(line);
    }
    const changed = held.length > 0 ? change(held) : undefined;
    if (!changed) return;
    held = [];
    for (const line of changed) to.write(`${line}\n`);
  });
  for (const event of ['close', 'error']) from.on(event, () => to.end());
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
