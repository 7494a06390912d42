import { createHash } from 'node:crypto';
import type { CommandError } from './contracts.ts';

/**
 * What tells one kind of failure from another: command type, code and the message without what differs from case to case (ids,
 * paths, quoted names, numbers). 16 hexadecimal digits of a SHA-256; equal for two failures that a person would call the same.
 */
export function failureSignature(
  command: { readonly application: string; readonly commandType: string },
  error: Pick<CommandError, 'code' | 'message'>,
): string {
  const kind = [command.application, command.commandType, error.code, normalText(error.message)];
  return createHash('sha256').update(JSON.stringify(kind)).digest('hex').slice(0, 16);
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const WINDOWS_PATH = /\b[a-z]:\\[^\s"'<>|]+/gi;
const POSIX_PATH = /(?<![\w.])\/[^\s"'<>|:]+/g;
const QUOTED = /"[^"]*"|'[^']*'|“[^”]*”/g;
const FILE_NAME = /[\p{L}\p{N}_-]+\.(?:\p{L}[\p{L}\p{N}]{1,5})\b/gu;
const NUMBER = /\d+([.,]\d+)*/g;

/** A message with placeholders for what differs between two failures of the same kind. */
export function normalText(message: string): string {
  return message
    .replace(UUID, '<id>')
    .replace(QUOTED, '<name>')
    .replace(WINDOWS_PATH, '<path>')
    .replace(POSIX_PATH, '<path>')
    .replace(FILE_NAME, '<file>')
    .replace(NUMBER, '<n>')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}
