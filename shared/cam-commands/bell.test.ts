import { expect, it } from '@jest/globals';
import type { OutgoingMessage } from '../messaging/index.ts';
import { BELL_LIFETIME_MS, ringEach } from './bell.ts';

it('bells are rung all at once: the broker answers none before it has been asked for every one', async () => {
  const asked: (() => void)[] = [];
  const sender = {
    send: () =>
      new Promise<void>((answer) => {
        if (asked.push(answer) === 3) for (const answerOne of asked) answerOne();
      }),
    close: async () => {},
  };
  const bell = { workItemId: '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11', application: 'esprit' };
  await ringEach(sender, [bell, bell, bell]);
  expect(asked).toHaveLength(3);
});

it('a bell tells the broker how long it lives', async () => {
  const sent: OutgoingMessage[] = [];
  const sender = {
    send: async (_queue: string, message: OutgoingMessage) => void sent.push(message),
    close: async () => {},
  };
  await ringEach(sender, [{ workItemId: '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11', application: 'esprit' }]);
  expect(sent.map(({ timeToLiveMs }) => timeToLiveMs)).toEqual([BELL_LIFETIME_MS]);
});
