import { app, output, type InvocationContext } from '@azure/functions';

interface Seen {
  readonly body: unknown;
  readonly metadata: Record<string, unknown>;
  readonly traceParent: string | undefined;
}

/** What the queue functions were given; a test empties it. */
export const seen: Seen[] = [];
/** A test may make a run wait or fail. */
export const behaviour: { during: (body: unknown) => Promise<void> | void } = { during: () => undefined };

const copies = output.serviceBusQueue({ queueName: 'copies', connection: 'Sb' });

app.serviceBusQueue('receive', {
  queueName: '%InQueue%',
  connection: 'Sb',
  extraOutputs: [copies],
  handler: async (body: unknown, context: InvocationContext) => {
    seen.push({
      body,
      metadata: context.triggerMetadata ?? {},
      traceParent: context.traceContext?.traceParent,
    });
    await behaviour.during(body);
    if (body !== null && typeof body === 'object' && 'copy' in body)
      context.extraOutputs.set(copies, body.copy);
  },
});

app.serviceBusQueue('unsettled', {
  queueName: 'manual',
  connection: 'Sb',
  autoCompleteMessages: false,
  handler: (body: unknown, context) => {
    seen.push({ body, metadata: context.triggerMetadata ?? {}, traceParent: undefined });
  },
});

app.http('send', {
  route: 'send',
  methods: ['POST'],
  extraOutputs: [copies],
  handler: async (request, context) => {
    context.extraOutputs.set(copies, await request.json());
    return { status: 202 };
  },
});
app.timer('send-returned', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  useMonitor: false,
  return: output.serviceBusQueue({ queueName: 'returned', connection: 'Sb' }),
  handler: () => ({ returned: true }),
});
