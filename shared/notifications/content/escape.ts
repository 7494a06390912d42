/** The text on one line without control characters (those that turn writing around among them), cut to `max` characters. */
export function plain(text: string, max: number): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  const characters = Array.from(line);
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join('')}…`;
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and attributes of HTML. */
export function html(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => HTML[character] ?? '');
}

/**
 * For texts of an Adaptive Card, which are Markdown (links, lists, emphasis) and know {{DATE()}} functions. A backslash shows where
 * Markdown's subset has no escape, so characters that begin something are replaced by ones that look like them.
 * https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
 */
export function cardText(text: string): string {
  return (
    text
      .replaceAll(/[[\]]/g, (character) => (character === '[' ? '［' : '］'))
      .replaceAll(/\{(?=\{)/g, '{ ')
      .replaceAll('*', '∗')
      // Within a word, as in an error code, it begins nothing.
      .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '＿')
      .replaceAll('`', 'ˋ')
      .replaceAll('<', '‹')
      .replaceAll('>', '›')
      .replaceAll(/\b(https?|mailto|ftp):/gi, '$1：')
      .replaceAll(/^(\s*)([-+#]|\d+\.)(\s)/g, '$1\u2060$2$3')
  );
}
