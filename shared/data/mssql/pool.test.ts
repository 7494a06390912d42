import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import {
  PACKET_TYPE,
  type ServerError,
  TdsFramer,
  encodeMessage,
  errorAnswer,
} from '../../../tests/support/tds-messages.ts';
import { withLogSink } from '../../telemetry/logger.ts';
import { DatabaseUnavailableError, openDatabase } from '../index.ts';

/** Version 16, no encryption: options VERSION and ENCRYPTION with their offsets and lengths, the end, the values. */
const GREETING = encodeMessage(
  PACKET_TYPE.answer,
  Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2]),
);

describe('a server that lets nobody in', () => {
  let server: Server;
  let logins: number;
  let refusal: ServerError;

  beforeEach(async () => {
    logins = 0;
    server = createServer((socket) => {
      const framer = new TdsFramer();
      socket.on('error', () => {});
      socket.on('data', (bytes: Buffer) => {
        for (const { type } of framer.push(bytes)) {
          if (type === PACKET_TYPE.login) logins += 1;
          socket.write(type === PACKET_TYPE.prelogin ? GREETING : errorAnswer(refusal));
        }
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.close();
  });

  /** What a caller gets who only asks whether the database answers, and what is logged meanwhile. */
  async function check(): Promise<{ readonly thrown: unknown; readonly logged: string }> {
    const { port } = server.address() as AddressInfo;
    const database = await openDatabase(
      `Server=127.0.0.1,${port};Database=d;User Id=app;Password=hunter2;Encrypt=false;Connect Timeout=5`,
    );
    const logged: string[] = [];
    const thrown = await withLogSink(
      (_level, line) => logged.push(line),
      () => database.check().catch((reason: unknown) => reason),
    );
    await database.close();
    return { thrown, logged: logged.join('\n') };
  }

  it('for good is asked once', async () => {
    refusal = { number: 18_456, message: "Login failed for user 'app'." };
    const { thrown, logged } = await check();
    expect(logins).toBe(1);
    expect(thrown).toBeInstanceOf(DatabaseUnavailableError);
    expect(thrown).toMatchObject({ passing: false, cause: { number: 18_456, message: refusal.message } });
    expect(logged).toContain('the database lets nobody in');
    expect(logged).not.toContain('hunter2');
  });

  it('for a moment is asked again, as any other transient fault', async () => {
    refusal = { number: 40_613, message: 'The database is not currently available.' };
    const { thrown } = await check();
    expect(logins).toBe(9);
    expect(thrown).toMatchObject({ passing: true, cause: { number: 40_613 } });
  });
});

it('tells at once that nobody listens, and does not wait as long as connecting may take', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const database = await openDatabase(`Server=127.0.0.1,${port};Database=d;Encrypt=false;Connect Timeout=60`);
  const startedMs = performance.now();
  await expect(database.check()).rejects.toThrow(DatabaseUnavailableError);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  await database.close();
});
