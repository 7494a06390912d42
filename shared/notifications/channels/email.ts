import { mailOf } from '../content/mail.ts';
import type { Wording } from '../content/message.ts';
import type { Channel, Delivery } from './channel.ts';
import { type CommunicationAccess, communicationFailure } from './communication.ts';

const TIMEOUT_MS = 20_000;
const SERVICE = 'the e-mail service';

export interface EmailChannelOptions {
  readonly access: () => Promise<CommunicationAccess>;
  readonly from: string;
  readonly wording: Wording;
}

/**
 * Sends by Communication Services. A mail that the service has taken counts as sent: delivery, and its retries, are the service's.
 * The SDK is loaded with the first mail, as it would cost every start.
 */
export function createEmailChannel(options: EmailChannelOptions): Channel {
  const open = once(async () => {
    const [{ EmailClient }, { endpoint, credential }] = await Promise.all([
      import('@azure/communication-email'),
      options.access(),
    ]);
    const clientOptions = {
      // The relay repeats by itself, with the ids that make a repetition the same mail.
      retryOptions: { maxRetries: 0 },
      allowInsecureConnection: endpoint.startsWith('http:'),
    };
    return 'key' in credential
      ? new EmailClient(endpoint, credential, clientOptions)
      : new EmailClient(endpoint, credential, clientOptions);
  });
  return {
    async send(delivery) {
      try {
        const client = await open();
        await client.beginSend(messageFor(delivery, options), {
          operationId: delivery.repeat.requestId,
          abortSignal: AbortSignal.timeout(TIMEOUT_MS),
          requestOptions: {
            customHeaders: {
              'Repeatability-Request-ID': delivery.repeat.requestId,
              'Repeatability-First-Sent': delivery.repeat.firstSent.toUTCString(),
            },
          },
        });
      } catch (error) {
        throw communicationFailure(SERVICE, error);
      }
    },
  };
}

function messageFor({ facts, recipient }: Delivery, { from, wording }: EmailChannelOptions) {
  const { subject, plainText, html } = mailOf(facts, wording);
  return {
    senderAddress: from,
    content: { subject, plainText, html },
    recipients: { to: [{ address: recipient }] },
    // Opening a mail is nobody's business.
    disableUserEngagementTracking: true,
  };
}

/** Keeps what succeeds; a failure is tried again by the next caller. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    try {
      return await made;
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
}
