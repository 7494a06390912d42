import type { EventContext, Receiver, Sender } from 'rhea';
import type { Entities, Entity } from '../entity.ts';
import type { Turn } from '../turn.ts';
import { parseAddress } from './address.ts';
import { handleCbs } from './cbs.ts';
import { ConsumerLink } from './consumer-link.ts';
import { AmqpFailure, entityNotFound, notAllowed, notOffered } from './errors.ts';
import { manage } from './management.ts';
import { serveProducer } from './producer-link.ts';
import { serveRequests } from './request-link.ts';
import { answerSettled } from './rhea-internals.ts';

const SESSION_FILTER = 'com.microsoft:session-filter';

/** Gives each link that a client opens to the part that serves its address, or refuses it with an AMQP error. */
export class Router {
  readonly #entities: Entities;
  readonly #turn: Turn;

  constructor(entities: Entities, turn: Turn) {
    this.#entities = entities;
    this.#turn = turn;
  }

  /** The client sends: to a queue, or requests to `$cbs` and `$management`. */
  openReceiver({ receiver }: EventContext): void {
    if (receiver) orRefuse(receiver, () => this.#serveReceiver(receiver));
  }

  /** The client receives: from a queue, or the answers of `$cbs` and `$management`. */
  openSender({ sender }: EventContext): void {
    if (sender) orRefuse(sender, () => this.#serveSender(sender));
  }

  #serveReceiver(receiver: Receiver): void {
    const { target } = receiver;
    if (!target.address) throw notOffered('A link without an address (a transaction, an anonymous sender)');
    const { kind, entity } = parseAddress(target.address);
    if (kind === 'cbs') serveRequests(receiver, handleCbs, this.#turn);
    else if (kind === 'management') {
      const managed = this.#find(entity);
      serveRequests(receiver, (operation, body) => manage(managed, operation, body), this.#turn);
    } else {
      const queue = this.#find(entity);
      if (queue.isDeadLetterQueue) throw notAllowed(`Nothing can be sent to "${entity}".`);
      serveProducer(receiver, queue, this.#turn);
    }
    receiver.set_source(receiver.source ?? {});
    receiver.set_target(target);
  }

  #serveSender(sender: Sender): void {
    const { kind, entity } = parseAddress(sender.source?.address ?? '');
    if (kind === 'entity') {
      if (SESSION_FILTER in (sender.source?.filter ?? {})) throw notOffered('A session');
      void new ConsumerLink(sender, this.#find(entity), this.#turn);
    } else {
      if (kind === 'management') this.#find(entity);
      answerSettled(sender);
    }
    sender.set_source(sender.source);
    sender.set_target(sender.target ?? {});
  }

  #find(address: string): Entity {
    if (/\/subscriptions\//i.test(address)) throw notOffered(`The topic subscription "${address}"`);
    const entity = this.#entities.find(address);
    if (!entity) throw entityNotFound(address);
    return entity;
  }
}

function orRefuse(link: Receiver | Sender, open: () => void): void {
  try {
    open();
  } catch (error) {
    if (!(error instanceof AmqpFailure)) throw error;
    link.close(error.toAmqp());
  }
}
