import { z } from 'zod';
import type { Wording } from '../content/message.ts';
import { smsOf } from '../content/sms.ts';
import type { Channel, Delivery } from './channel.ts';
import { type CommunicationAccess, communicationFailure } from './communication.ts';
import { once } from './email.ts';
import { refusedWith } from './refusal.ts';

const TIMEOUT_MS = 20_000;
const API_VERSION = '2021-03-07';
const SERVICE = 'the SMS service';

const answer = z.object({
  value: z.array(z.object({ to: z.string(), httpStatusCode: z.number(), successful: z.boolean() })).min(1),
});

export interface SmsChannelOptions {
  readonly access: () => Promise<CommunicationAccess>;
  readonly from: string;
  readonly wording: Wording;
}

/**
 * Sends by the SMS interface of Communication Services, through the HTTP pipeline and the sign-in of Azure's own SDKs. Not by
 * `@azure/communication-sms`: it draws a new repeatability id for every call, so that a repeated call is a second message.
 */
export function createSmsChannel(options: SmsChannelOptions): Channel {
  const open = once(async () => {
    const [rest, { createCommunicationAuthPolicy }, { endpoint, credential }] = await Promise.all([
      import('@azure/core-rest-pipeline'),
      import('@azure/communication-common'),
      options.access(),
    ]);
    const pipeline = rest.createPipelineFromOptions({ retryOptions: { maxRetries: 0 } });
    pipeline.addPolicy(createCommunicationAuthPolicy(credential), { phase: 'Sign' });
    const client = rest.createDefaultHttpClient();
    const url = new URL(`/sms?api-version=${API_VERSION}`, endpoint).href;
    return (body: string) => {
      const headers = rest.createHttpHeaders({
        'Content-Type': 'application/json',
        Accept: 'application/json',
      });
      const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
      const request = rest.createPipelineRequest({
        url,
        method: 'POST',
        headers,
        body,
        abortSignal,
        allowInsecureConnection: url.startsWith('http:'),
      });
      return pipeline.sendRequest(client, request);
    };
  });
  return {
    async send(delivery) {
      try {
        const post = await open();
        const response = await post(JSON.stringify(bodyFor(delivery, options)));
        if (response.status !== 202)
          throw refusedWith(SERVICE, response.status, response.headers.get('retry-after'));
        const [result] = answer.parse(JSON.parse(response.bodyAsText ?? '{}')).value;
        if (!result?.successful) throw refusedWith(SERVICE, result?.httpStatusCode ?? 500);
      } catch (error) {
        throw communicationFailure(SERVICE, error);
      }
    },
  };
}

function bodyFor({ facts, recipient, repeat }: Delivery, { from, wording }: SmsChannelOptions) {
  return {
    from,
    smsRecipients: [
      {
        to: recipient,
        repeatabilityRequestId: repeat.requestId,
        repeatabilityFirstSent: repeat.firstSent.toUTCString(),
      },
    ],
    message: smsOf(facts, wording),
    smsSendOptions: { enableDeliveryReport: false },
  };
}
