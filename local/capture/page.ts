import type { CapturedMessage } from './messages.ts';

/** The messages, newest first, as one page that loads nothing. Mails are shown as their text. */
export function messagesPage(messages: readonly CapturedMessage[]): string {
  const rows = messages
    .toReversed()
    .map(
      (message) =>
        `<article><h2>${escape(message.title)}</h2><p><b>${message.channel}</b> to ${escape(message.to.join(', '))}, ${escape(message.receivedAt)}</p><pre>${escape(message.text)}</pre></article>`,
    );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>MCMS notifications</title>
<style>body{font:14px system-ui,sans-serif;margin:2rem auto;max-width:50rem}article{border-top:1px solid #ccc}h2{font-size:1rem}pre{white-space:pre-wrap}</style>
</head><body><h1>Notifications (${messages.length})</h1>
${rows.join('\n') || '<p>None yet.</p>'}
</body></html>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
