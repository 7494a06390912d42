/** The queues of the product (infra/service-bus-queues.json). */
export const queues = [
  'esprit-commands',
  'esprit-dispatch',
  'esprit-results',
  'esprit-rejected',
  'file-verification',
  'exports',
] as const;
export type QueueName = (typeof queues)[number];

/** Here the product itself puts messages that it cannot understand. */
const REJECTED_QUEUE = 'esprit-rejected' satisfies QueueName;

/** Where messages stand that somebody must look at. */
export interface Place {
  readonly queue: QueueName;
  readonly address: string;
  /** Keeps ids of copies apart that were made from equal numbers in different places. */
  readonly idMark: string;
}

/** The places of one queue, or of all, in the order in which they are listed. Whoever looks at the rejected queue finds all of it. */
export function placesOf(queue?: QueueName): Place[] {
  return (queue === undefined ? queues : [queue]).flatMap((name): Place[] => {
    const deadLetters = `${name}/$DeadLetterQueue`;
    if (name !== REJECTED_QUEUE) return [{ queue: name, address: deadLetters, idMark: '' }];
    return [
      { queue: name, address: name, idMark: 'r' },
      { queue: name, address: deadLetters, idMark: 'rd' },
    ];
  });
}

/** The queue a message came from; undefined when it names none of the product's. */
export function sourceOf(
  queue: QueueName,
  properties: Readonly<Record<string, unknown>>,
): QueueName | undefined {
  if (queue !== REJECTED_QUEUE) return queue;
  const named = properties['SourceQueue'];
  return queues.find((name) => name === named && name !== REJECTED_QUEUE);
}
