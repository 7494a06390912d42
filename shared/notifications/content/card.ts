import type { NoticeFacts } from '../facts.ts';
import { cardText } from './escape.ts';
import { type Wording, messageOf } from './message.ts';

/** The body of a post to a Teams workflow: one Adaptive Card, well below the 28 KB that Teams takes. */
export function cardOf(facts: NoticeFacts, wording: Wording) {
  const message = messageOf(facts, wording);
  const { title, tone, sentences, link } = message;
  const body = [
    {
      type: 'TextBlock',
      text: cardText(title),
      size: 'Medium',
      weight: 'Bolder',
      color: tone,
      wrap: true,
    },
    {
      type: 'FactSet',
      facts: message.facts.map(([label, value]) => ({ title: cardText(label), value: cardText(value) })),
    },
    ...sentences.map((sentence) => ({ type: 'TextBlock', text: cardText(sentence), wrap: true })),
  ];
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: cardText(title),
    msteams: { width: 'Full' },
    body,
    ...(link === undefined
      ? {}
      : { actions: [{ type: 'Action.OpenUrl', title: message.linkLabel, url: link }] }),
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}
