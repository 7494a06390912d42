const DEAD_LETTER_SUFFIX = '/$DeadLetterQueue';
const MANAGEMENT_SUFFIX = '/$management';

/** What a link's address means. `entity` is the queue, or the dead-letter queue with its suffix. */
export interface Address {
  readonly kind: 'cbs' | 'management' | 'entity';
  readonly entity: string;
}

export function deadLetterAddress(queue: string): string {
  return `${queue}${DEAD_LETTER_SUFFIX}`;
}

/** Reads a link's address, with or without scheme and host (`amqps://host/queue`); suffixes in any case, as on Azure. */
export function parseAddress(address: string): Address {
  const path = address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '');
  if (path.toLowerCase() === '$cbs') return { kind: 'cbs', entity: '' };
  if (path.toLowerCase().endsWith(MANAGEMENT_SUFFIX))
    return { kind: 'management', entity: path.slice(0, -MANAGEMENT_SUFFIX.length) };
  return { kind: 'entity', entity: path };
}
