import { cardOf } from '../content/card.ts';
import type { Wording } from '../content/message.ts';
import type { Channel } from './channel.ts';
import { refusedWith, unanswered } from './refusal.ts';

const TIMEOUT_MS = 20_000;

/**
 * Posts to the workflow behind a Teams channel ("Post to a channel when a webhook request is received"). The address is a secret: it
 * lets anyone post. A workflow does not know a repeated post.
 */
export function createTeamsChannel(webhookUrl: string, wording: Wording): Channel {
  return {
    async send({ facts }) {
      const response = await fetch(webhookUrl, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(cardOf(facts, wording)),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((error: unknown) => {
        throw unanswered('the Teams workflow', error);
      });
      await response.body?.cancel();
      if (!response.ok)
        throw refusedWith('the Teams workflow', response.status, response.headers.get('retry-after'));
    },
  };
}
