import type { NoticeFacts } from '../facts.ts';
import { plain } from './escape.ts';
import { type Wording, messageOf } from './message.ts';

/** Two messages of the alphabet that Korean needs (67 characters each when joined). */
const MAX_CHARACTERS = 134;

/** A short message: what happened and where to look; the link only where it fits whole. */
export function smsOf(facts: NoticeFacts, wording: Wording): string {
  const { title, link } = messageOf(facts, wording);
  const text = plain(`MCMS: ${title}`, MAX_CHARACTERS);
  const withLink = link === undefined ? text : `${text} ${link}`;
  return Array.from(withLink).length <= MAX_CHARACTERS ? withLink : text;
}
