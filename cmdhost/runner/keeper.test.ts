import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import type { LineStream } from '../link/lines.ts';
import { createKeeper } from './keeper.ts';

describe('the keeper of processes', () => {
  it('tells of start and end also when it cannot find out what tells the process from others', async () => {
    const sent: object[] = [];
    const exit = Promise.withResolvers<void>();
    const stream: LineStream = {
      send: (message) => {
        sent.push(message);
        if ('code' in message) exit.resolve();
        return true;
      },
      onDrain: () => undefined,
      closed: new Promise(() => undefined),
      close: () => undefined,
    };
    const errors: unknown[] = [];
    const keeper = createKeeper(
      () => stream,
      (error) => errors.push(error),
      async () => Promise.reject(new Error('EMFILE')),
    );
    const processId = randomUUID();
    const command = [process.execPath, '-e', 'process.exit(4)'];
    keeper.onMessage({ type: 'start', processId, command, environment: {}, cwd: tmpdir() });
    await exit.promise;
    expect(sent).toEqual([
      { type: 'started', processId, pid: expect.any(Number), identity: null },
      { type: 'exit', processId, code: 4, signal: null },
    ]);
    expect(errors).toEqual([new Error('EMFILE')]);
  });
});
