import { randomUUID } from 'node:crypto';
import { CAPTURE_PATHS } from './addresses.ts';
import { isTooLargeForTeams, readMail, readPost, readSms, takenSms } from './messages.ts';
import type { RepeatMemory } from './repeats.ts';
import type { SignedRequest } from './sign-in.ts';
import type { MessageStore } from './store.ts';

/** An answer of a service. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServiceState {
  readonly store: MessageStore;
  readonly repeats: RepeatMemory;
  /** Address of this server. */
  readonly url: string;
}

/** The workflow behind a Teams channel. */
export function takePost({ store }: ServiceState, { body }: SignedRequest): Answer {
  if (isTooLargeForTeams(body)) return { status: 413 };
  store.add(readPost(parse(body)));
  return { status: 202 };
}

/** `POST /emails:send`: a long-running operation, which here is over at once. */
export function takeMail({ store, repeats, url }: ServiceState, { headers, body }: SignedRequest): Answer {
  const requestId = one(headers['repeatability-request-id']);
  const repeat = repeats.look(requestId, one(headers['repeatability-first-sent']));
  if (repeat === 'too-late') return refusal(412, 'PreconditionFailed');
  if (repeat === 'malformed') return refusal(400, 'BadRequest');
  const mail = readMail(parse(body));
  if (repeat === 'first') {
    store.add(mail);
    repeats.taken(requestId);
  }
  const id = one(headers['operation-id']) ?? randomUUID();
  return {
    status: 202,
    headers: {
      'Operation-Location': `${url}${CAPTURE_PATHS.emailOperations}${id}?api-version=2023-03-31`,
      'Repeatability-Result': 'accepted',
      'Retry-After': '1',
    },
    body: { id, status: 'Running', error: null },
  };
}

/** `GET /emails/operations/{id}`. */
export function mailOperation(id: string): Answer {
  return { status: 200, body: { id, status: 'Succeeded', error: null } };
}

/** `POST /sms`: one answer per number. */
export function takeSms({ store, repeats }: ServiceState, { body }: SignedRequest): Answer {
  const request = readSms(parse(body));
  const value = request.smsRecipients.map(({ to, repeatabilityRequestId, repeatabilityFirstSent }) => {
    const repeat = repeats.look(repeatabilityRequestId, repeatabilityFirstSent);
    if (repeat === 'too-late' || repeat === 'malformed')
      return {
        to,
        httpStatusCode: repeat === 'too-late' ? 412 : 400,
        repeatabilityResult: 'rejected',
        successful: false,
      };
    if (repeat === 'first') {
      store.add(takenSms(request, to));
      repeats.taken(repeatabilityRequestId);
    }
    return {
      to,
      messageId: randomUUID(),
      httpStatusCode: 202,
      repeatabilityResult: 'accepted',
      successful: true,
    };
  });
  return { status: 202, body: { value } };
}

export function refusal(status: number, code: string): Answer {
  return { status, body: { error: { code, message: code } } };
}

function parse(body: Buffer): unknown {
  return JSON.parse(body.toString('utf8'));
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
