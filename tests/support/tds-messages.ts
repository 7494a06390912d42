/**
 * As much of TDS as a proxy needs: where messages begin and end, what kind of request one is, and how a server says that a
 * request failed. https://learn.microsoft.com/openspecs/windows_protocols/ms-tds
 */
export interface TdsMessage {
  readonly type: number;
  /** Header and content of all packets, as they came. */
  readonly bytes: Buffer;
  /** The content alone. */
  readonly payload: Buffer;
}

export const PACKET_TYPE = {
  batch: 0x01,
  rpc: 0x03,
  answer: 0x04,
  attention: 0x06,
  transaction: 0x0e,
  login: 0x10,
  prelogin: 0x12,
} as const;

const HEADER_BYTES = 8;
const END_OF_MESSAGE = 0x01;
const TRANSACTION_REQUESTS: Readonly<Record<number, RequestKind>> = {
  5: 'begin',
  7: 'commit',
  8: 'rollback',
};
const DONE_ERROR = 0x0002;
const TOKEN = { error: 0xaa, done: 0xfd } as const;
const LARGEST_PACKET_BYTES = 4096;

/** `query` is a batch or a call. */
export type RequestKind = 'login' | 'query' | 'begin' | 'commit' | 'rollback' | 'other';

export interface ServerError {
  readonly number: number;
  readonly message: string;
  /** Severity, default 16: 20 and above end the connection on a real server. */
  readonly severity?: number;
}

/** Puts the bytes of one direction together to messages. */
export class TdsFramer {
  #rest = Buffer.alloc(0);
  #packets: Buffer[] = [];

  /** The messages that are complete with these bytes. @throws for what is no TDS */
  push(bytes: Buffer): TdsMessage[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const complete: TdsMessage[] = [];
    for (let packet = this.#takePacket(); packet; packet = this.#takePacket()) {
      this.#packets.push(packet);
      if (((packet[1] ?? 0) & END_OF_MESSAGE) === 0) continue;
      complete.push(messageOf(this.#packets));
      this.#packets = [];
    }
    return complete;
  }

  #takePacket(): Buffer | undefined {
    if (this.#rest.length < HEADER_BYTES) return undefined;
    const length = this.#rest.readUInt16BE(2);
    if (length < HEADER_BYTES) throw new Error(`a TDS packet cannot be ${length} bytes long`);
    if (this.#rest.length < length) return undefined;
    const packet = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return packet;
  }
}

/** One message of as many packets as it takes. */
export function encodeMessage(type: number, payload: Buffer): Buffer {
  const most = LARGEST_PACKET_BYTES - HEADER_BYTES;
  const packets: Buffer[] = [];
  let start = 0;
  do {
    const content = payload.subarray(start, start + most);
    start += most;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(type, 0);
    header.writeUInt8(start >= payload.length ? END_OF_MESSAGE : 0, 1);
    header.writeUInt16BE(HEADER_BYTES + content.length, 2);
    header.writeUInt8((packets.length + 1) & 0xff, 6);
    packets.push(header, content);
  } while (start < payload.length);
  return Buffer.concat(packets);
}

export function requestKind({ type, payload }: TdsMessage): RequestKind {
  if (type === PACKET_TYPE.batch || type === PACKET_TYPE.rpc) return 'query';
  if (type === PACKET_TYPE.login) return 'login';
  if (type !== PACKET_TYPE.transaction) return 'other';
  const headersBytes = payload.readUInt32LE(0);
  return TRANSACTION_REQUESTS[payload.readUInt16LE(headersBytes)] ?? 'other';
}

/** The answer of a server that refuses a request: ERROR and DONE. */
export function errorAnswer({ number, message, severity = 16 }: ServerError): Buffer {
  const numbers = Buffer.alloc(6);
  numbers.writeInt32LE(number, 0);
  numbers.writeUInt8(1, 4);
  numbers.writeUInt8(severity, 5);
  const text = Buffer.alloc(2);
  text.writeUInt16LE(message.length);
  const noServerNoProcedureLine1 = Buffer.from([0, 0, 1, 0, 0, 0]);
  const error = Buffer.concat([numbers, text, Buffer.from(message, 'utf16le'), noServerNoProcedureLine1]);

  const errorHead = Buffer.alloc(3);
  errorHead.writeUInt8(TOKEN.error, 0);
  errorHead.writeUInt16LE(error.length, 1);
  const done = Buffer.alloc(13);
  done.writeUInt8(TOKEN.done, 0);
  done.writeUInt16LE(DONE_ERROR, 1);
  return encodeMessage(PACKET_TYPE.answer, Buffer.concat([errorHead, error, done]));
}

function messageOf(packets: readonly Buffer[]): TdsMessage {
  return {
    type: packets[0]?.[0] ?? 0,
    bytes: Buffer.concat(packets),
    payload: Buffer.concat(packets.map((packet) => packet.subarray(HEADER_BYTES))),
  };
}
