import { resubmit } from '../../../shared/dead-letters/index.ts';
import { createDeadLetters, createServiceBusClient } from '../../../shared/messaging/index.ts';
import { principal } from '../../support/http-pipeline.ts';

/** A process that dies while it resubmits: after the copy is stored, before the message is taken off its queue. */
const [connectionString = '', queue, sequenceNumber = '0'] = process.argv.slice(2);
const client = createServiceBusClient({ connectionString });
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
};
await resubmit(
  {
    clock: { now: () => new Date() },
    deadLetters: createDeadLetters({ client, settings: { connectionString } }),
    database: {
      dialect: 'sqlite',
      read: undefined as never,
      readReplica: die,
      transaction: die,
      check: die,
      close: die,
    },
  },
  {
    queue: queue === 'exports' ? 'exports' : 'esprit-commands',
    sequenceNumber: BigInt(sequenceNumber),
    reason: 'about to die',
    principal: principal('operator', 'Mcms.Operator'),
  },
);
