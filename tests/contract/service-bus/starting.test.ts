import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { BrokerProcess, runBroker } from './broker-process.ts';

describe('starting the broker process', () => {
  let broker: BrokerProcess;
  afterEach(() => broker.close());

  it('refuses a taken port with a sentence that names the port and its setting', async () => {
    broker = await BrokerProcess.start({ name: 'orders' });
    await broker.kill();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const queuesFile = join(broker.stateDir, 'queues.json');
    await expect(runBroker(broker.stateDir, port, queuesFile).port).rejects.toThrow(
      `local/service-bus: port ${port} on 127.0.0.1 is taken by another program; stop it or set MCMS_AMQP_PORT to a free port`,
    );
    other.close();
    await once(other, 'close');
  });

  it('refuses a state folder that another broker uses', async () => {
    broker = await BrokerProcess.start({ name: 'orders' });
    const queuesFile = join(broker.stateDir, 'queues.json');
    await expect(runBroker(broker.stateDir, 0, queuesFile).port).rejects.toThrow(
      /service-bus\.db is in use by another Service Bus broker; stop it or set MCMS_STATE_DIR/,
    );
  });

  it('names what is wrong in the queues file', async () => {
    broker = await BrokerProcess.start({ name: 'orders' });
    const queuesFile = join(broker.stateDir, 'wrong.json');
    await writeFile(
      queuesFile,
      JSON.stringify([{ name: 'a', lockDuration: '1 minute', requiresSession: true }]),
    );
    const start = runBroker(join(broker.stateDir, 'other'), 0, queuesFile).port;
    await expect(start).rejects.toThrow(
      /wrong\.json: queue settings are not usable:[^]*requiresSession[^]*PT1M/,
    );
  });

  it('names a setting that is no port', async () => {
    broker = await BrokerProcess.start({ name: 'orders' });
    const start = runBroker(broker.stateDir, 99_999, join(broker.stateDir, 'queues.json')).port;
    await expect(start).rejects.toThrow(/MCMS_AMQP_PORT/);
  });
});
