import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { peekBodies, receive } from '../service-bus/namespace.ts';
import { type DeadLetterRig, openDeadLetterRig } from './rig.ts';

describe('a process killed between sending the copy and removing the message', () => {
  let rig: DeadLetterRig;
  beforeEach(async () => {
    rig = await openDeadLetterRig();
  });
  afterEach(() => rig.close());

  async function killedResubmitting(queue: string): Promise<string> {
    await rig.namespace.client.createSender(queue).sendMessages({ body: 'work', messageId: 'm' });
    await rig.bury(queue, 1);
    const [message] = (await rig.get(`dead-letters?queue=${queue}`)).json['value'] as {
      sequenceNumber: string;
    }[];
    const sequenceNumber = message?.sequenceNumber ?? '';
    const script = join(import.meta.dirname, 'dying-operator.ts');
    const child = spawn(process.execPath, [script, rig.namespace.connectionString, queue, sequenceNumber], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    return sequenceNumber;
  }

  it('loses nothing: both stand there, and the repetition is dropped where duplicates are detected', async () => {
    const sequenceNumber = await killedResubmitting('esprit-commands');
    expect(await peekBodies(rig.namespace, 'esprit-commands')).toEqual(['work']);
    expect(await peekBodies(rig.namespace, 'esprit-commands/$DeadLetterQueue')).toEqual(['work']);
    await rig.namespace.passTime(61_000);
    const { status } = await rig.post(`dead-letters/esprit-commands/${sequenceNumber}/resubmit`);
    expect(status).toBe(200);
    expect(await peekBodies(rig.namespace, 'esprit-commands')).toEqual(['work']);
    expect(await peekBodies(rig.namespace, 'esprit-commands/$DeadLetterQueue')).toEqual([]);
  });

  it('elsewhere the copies bear one id, by which their receiver tells them to be the same', async () => {
    const sequenceNumber = await killedResubmitting('exports');
    await rig.namespace.passTime(61_000);
    await rig.post(`dead-letters/exports/${sequenceNumber}/resubmit`);
    const copies = await receive(rig.namespace.client.createReceiver('exports'), 2);
    expect(copies.map(({ messageId }) => messageId)).toEqual([`m~${sequenceNumber}`, `m~${sequenceNumber}`]);
  });
});
