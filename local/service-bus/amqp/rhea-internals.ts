import rhea from 'rhea';
import type { AmqpError, Connection, Delivery, Sender, Session, Typed } from 'rhea';

/**
 * Everything this broker needs of rhea 3.0 beyond its public types stands here, each with its reason; check it when the
 * version of rhea changes.
 */

interface TransferFrame {
  performative: { message_format?: number };
}
interface SessionInternals {
  on_transfer(frame: TransferFrame): void;
  outgoing: { next_delivery_id: number; next_pending_delivery: number; available(): number };
}
interface SenderInternals {
  local: { attach: { snd_settle_mode?: number } };
  credit: number;
  delivery_count: number;
  _draining: boolean;
  _drained: boolean;
  _get_drain(): boolean;
}
interface DeliveryInternals {
  settled: boolean;
  remote_settled: boolean;
}
interface Encoder {
  write(value: Typed): void;
  toBuffer(): Buffer;
}
interface RheaModule {
  types: { Writer: new () => Encoder };
  message: {
    accepted(): { described(): unknown };
    rejected(fields: { error: AmqpError }): { described(): unknown };
  };
}

const internals = rhea as unknown as RheaModule;

/** Encodes one AMQP value; the public API encodes whole messages only. */
export function encodeValue(value: Typed): Buffer {
  const writer = new internals.types.Writer();
  writer.write(value);
  return writer.toBuffer();
}

/** A bit outside every registered message format marks a transfer that rhea must not decode. */
const RAW = 2 ** 32;

/**
 * Makes rhea hand over received messages as bytes. It would decode format 0, which loses AMQP types that JavaScript does not
 * tell apart, and a malformed message would cost its sender the connection instead of one rejected transfer.
 */
export function receiveRaw(session: Session): void {
  const target = session as unknown as SessionInternals;
  const onTransfer = target.on_transfer.bind(session);
  target.on_transfer = (frame) => {
    frame.performative.message_format = RAW + (frame.performative.message_format ?? 0);
    onTransfer(frame);
  };
}

/** The message format that the peer gave a raw transfer. */
export function formatOf(delivery: Delivery): number {
  return delivery.format - RAW;
}

/** How many messages may be handed to `sender` now: its credit, less what rhea has not transferred yet, within its buffer. */
export function capacityOf(sender: Sender): number {
  const { outgoing } = sender.session as unknown as SessionInternals;
  const { credit } = sender as unknown as SenderInternals;
  const untransferred = outgoing.next_delivery_id - outgoing.next_pending_delivery;
  return Math.min(credit - untransferred, outgoing.available());
}

/** Sends every message settled (receive-and-delete): must be called before the attach is answered. */
export function answerSettled(sender: Sender): void {
  (sender as unknown as SenderInternals).local.attach.snd_settle_mode = 1;
}

/**
 * Answers a drain also when the last credit was just used. rhea sends the flow without the drain flag then, and the SDK,
 * which waits for that flag, closes the link after a time-out.
 */
export function answerDrainAlways(sender: Sender): void {
  const target = sender as unknown as SenderInternals;
  target._get_drain = () => {
    if (!target._draining || !target._drained) return false;
    target.delivery_count += target.credit;
    target.credit = 0;
    target._draining = false;
    return true;
  };
}

/** Tells the peer that there is nothing more for its credit; what was handed to the link before goes out first. */
export function finishDrain(sender: Sender): void {
  sender.set_drained(true);
  flush(sender.connection);
}

/**
 * Settles what a receiver disposed of. In the receiver's settle mode "second" nothing follows from the peer, so rhea would
 * keep the delivery, and its buffer of 2,048 would fill: mark it as settled on both sides.
 */
export function settleOutgoing(delivery: Delivery, error?: AmqpError): void {
  if (error) updateAlone(delivery, error);
  else delivery.update(true, internals.message.accepted().described());
  (delivery as DeliveryInternals).remote_settled = true;
}

/** Refuses a message that a sender transferred. */
export function rejectIncoming(delivery: Delivery, error: AmqpError): void {
  updateAlone(delivery, error);
}

/**
 * rhea merges dispositions of consecutive deliveries and compares outcomes from the third one on only: a rejection right
 * after an acceptance would go out as acceptance. So a rejection gets a frame of its own.
 */
function updateAlone(delivery: Delivery, error: AmqpError): void {
  flush(delivery.link.connection);
  delivery.update(true, internals.message.rejected({ error }).described());
  flush(delivery.link.connection);
}

/** Writes what is pending; rhea does it by itself at the next tick. */
function flush(connection: Connection): void {
  connection['_process']();
}
