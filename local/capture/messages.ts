import { z } from 'zod';

export const captureChannels = ['teams', 'email', 'sms'] as const;
export type CaptureChannel = (typeof captureChannels)[number];

/** A message as it was taken. */
export const capturedMessage = z.object({
  seq: z.int(),
  receivedAt: z.string(),
  channel: z.enum(captureChannels),
  to: z.array(z.string()),
  from: z.string().nullable(),
  title: z.string(),
  text: z.string(),
  /** Of a mail. */
  html: z.string().nullable(),
  /** Of a post to Teams: the Adaptive Card. */
  card: z.unknown(),
});
export type CapturedMessage = z.infer<typeof capturedMessage>;
export type Taken = Omit<CapturedMessage, 'seq' | 'receivedAt'>;

const TEAMS_LIMIT_BYTES = 28 * 1024;

const address = z.object({
  address: z.string().regex(/^[^\s@]+@[^\s@]+$/),
  displayName: z.string().optional(),
});
const mail = z.object({
  senderAddress: z.string().regex(/^[^\s@]+@[^\s@]+$/),
  content: z.object({
    subject: z.string().min(1),
    plainText: z.string().optional(),
    html: z.string().optional(),
  }),
  recipients: z.object({ to: z.array(address).min(1).max(50) }),
});

const element = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  facts: z.array(z.object({ title: z.string(), value: z.string() })).optional(),
});
const card = z.looseObject({
  type: z.literal('AdaptiveCard'),
  version: z.string().regex(/^1\.[0-6]$/),
  body: z.array(element).min(1),
});
const post = z.object({
  type: z.literal('message'),
  attachments: z
    .array(z.object({ contentType: z.literal('application/vnd.microsoft.card.adaptive'), content: card }))
    .min(1),
});

const text = z.object({
  from: z.string().min(1),
  smsRecipients: z
    .array(
      z.object({
        to: z.string().regex(/^\+\d{7,15}$/),
        repeatabilityRequestId: z.uuid().optional(),
        repeatabilityFirstSent: z.string().optional(),
      }),
    )
    .min(1),
  message: z.string().min(1).max(2048),
});
export type SmsRequest = z.infer<typeof text>;

/** @throws {z.ZodError} what the service would answer by 400 */
export function readMail(body: unknown): Taken {
  const { senderAddress, content, recipients } = mail.parse(body);
  return {
    channel: 'email',
    to: recipients.to.map((recipient) => recipient.address),
    from: senderAddress,
    title: content.subject,
    text: content.plainText ?? '',
    html: content.html ?? null,
    card: null,
  };
}

/** @throws {z.ZodError} */
export function readPost(body: unknown): Taken {
  const [attachment] = post.parse(body).attachments;
  const elements = attachment?.content.body ?? [];
  const [title = '', ...lines] = elements.flatMap((item) => [
    ...(item.text === undefined ? [] : [item.text]),
    ...(item.facts ?? []).map((fact) => `${fact.title}: ${fact.value}`),
  ]);
  const content = attachment?.content ?? null;
  return {
    channel: 'teams',
    to: ['workflow'],
    from: null,
    title,
    text: lines.join('\n'),
    html: null,
    card: content,
  };
}

export function isTooLargeForTeams(body: Buffer): boolean {
  return body.length > TEAMS_LIMIT_BYTES;
}

/** @throws {z.ZodError} */
export function readSms(body: unknown): SmsRequest {
  return text.parse(body);
}

export function takenSms({ from, message }: SmsRequest, to: string): Taken {
  return { channel: 'sms', to: [to], from, title: message, text: message, html: null, card: null };
}
