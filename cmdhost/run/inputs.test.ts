import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchInput } from './inputs.ts';

const CONTENT = Buffer.alloc(300_000, 'a CAM model ');
const never = new AbortController().signal;

describe('an input', () => {
  let folder: string;
  let server: Server;
  /** How the next requests are answered; whole, when there is none left. */
  let answers: ((response: ServerResponse) => void)[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcms-inputs-'));
    answers = [];
    server = createServer((_request, response) => {
      const answer = answers.shift() ?? ((to: ServerResponse) => to.end(CONTENT));
      response.writeHead(200, { etag: '"1"', 'content-length': CONTENT.length });
      answer(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await rm(folder, { recursive: true });
  });

  const input = () => ({
    fileId: randomUUID(),
    fileName: 'bracket.esp',
    role: 'cam-model' as const,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/blobs/1?sig=secret`,
    sizeBytes: CONTENT.length,
    sha256: createHash('sha256').update(CONTENT).digest('hex'),
  });
  const cutAfter = (bytes: number) => (response: ServerResponse) => {
    if (bytes === 0) response.flushHeaders();
    else response.write(CONTENT.subarray(0, bytes));
    setImmediate(() => response.destroy());
  };

  it.each([
    ['after part of it', 100_000],
    ['before its first byte', 0],
  ])('that is cut off %s is downloaded again', async (_when, bytes) => {
    answers = [cutAfter(bytes), cutAfter(bytes)];
    const path = await fetchInput(input(), folder, never);
    expect(await readFile(path)).toEqual(CONTENT);
    expect(answers).toEqual([]);
  });

  it('leaves nothing behind when the attempt is stopped', async () => {
    const stop = new AbortController();
    answers = [
      (response) => {
        response.write(CONTENT.subarray(0, 1000));
        stop.abort(new Error('cancelled'));
      },
    ];
    await expect(fetchInput(input(), folder, stop.signal)).rejects.toThrow('cancelled');
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not touch a file that has its name already', async () => {
    await writeFile(join(folder, 'bracket.esp'), 'another');
    await expect(fetchInput(input(), folder, never)).rejects.toThrow('INPUT_UNAVAILABLE');
    expect(await readFile(join(folder, 'bracket.esp'), 'utf8')).toBe('another');
  });
});
