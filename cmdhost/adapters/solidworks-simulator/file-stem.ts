const MAX_LENGTH = 200;
const MAX_BYTES = 255;
/** What `fileName` in shared/files/contracts.ts refuses: reserved and control characters, half a surrogate pair, marks of direction. */
const REFUSED = /[<>:"/\\|?*\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const RESERVED_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/i;

/**
 * `<item>-<revision>` as a file name can begin that goes on with `ending`: what may not stand in one becomes `_`, what is too long is cut
 * off.
 */
export function fileStem(
  { itemCode, revisionCode }: { readonly itemCode: string; readonly revisionCode: string },
  ending: string,
): string {
  const plain = `${itemCode}-${revisionCode}`.normalize('NFC').replace(REFUSED, '_');
  const usable = RESERVED_NAME.test(plain) ? `_${plain}` : plain;
  let stem = '';
  for (const character of usable) {
    const name = `${stem}${character}${ending}`;
    if (name.length > MAX_LENGTH || Buffer.byteLength(name) > MAX_BYTES) break;
    stem += character;
  }
  return stem;
}
