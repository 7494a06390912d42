/** Text for a format that knows ASCII alone: marks are dropped, all else that it lacks becomes `?`. */
export function ascii(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^ -~]/gu, '?');
}
