import type { NoticeFacts } from '../facts.ts';
import { html } from './escape.ts';
import { type Wording, messageOf } from './message.ts';

export interface Mail {
  readonly subject: string;
  readonly plainText: string;
  readonly html: string;
}

/** A mail as text and as plain HTML without pictures, styles sheets or anything that loads. */
export function mailOf(facts: NoticeFacts, wording: Wording): Mail {
  const { title, facts: entries, sentences, link, linkLabel } = messageOf(facts, wording);
  const rows = entries.map(
    ([label, value]) =>
      `<tr><td style="padding:2px 16px 2px 0;color:#555">${html(label)}</td><td>${html(value)}</td></tr>`,
  );
  return {
    subject: `[MCMS] ${title}`,
    plainText: [
      title,
      '',
      ...entries.map(([label, value]) => `${label}: ${value}`),
      '',
      ...sentences,
      ...(link === undefined ? [] : ['', link]),
      '',
    ].join('\n'),
    html: [
      `<!doctype html><html lang="${wording.language}"><head><meta charset="utf-8"><title>${html(title)}</title></head>`,
      '<body style="font-family:sans-serif;font-size:14px">',
      `<h1 style="font-size:18px">${html(title)}</h1>`,
      `<table>${rows.join('')}</table>`,
      ...sentences.map((sentence) => `<p>${html(sentence)}</p>`),
      ...(link === undefined ? [] : [`<p><a href="${html(link)}">${html(linkLabel)}</a></p>`]),
      '</body></html>',
    ].join('\n'),
  };
}
