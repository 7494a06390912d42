import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readCmdhostConfig } from '../../shared/config/cmdhost.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { durationMs } from '../../shared/time/duration.ts';
import type { Rotated } from '../certificates/rotate.ts';
import type { Step } from '../certificates/rotation-state.ts';
import { thumbprints } from '../certificates/thumbprints.ts';
import type { Command } from './command.ts';

const USAGE =
  'usage: cmdhost rotate --config FILE [--if-expires-within 30d] [--days 365] [--old-key-id GUID]';
const DEFAULT_DAYS = 365;

const STEP_TEXT: Readonly<Record<Step, string>> = {
  made: 'new key and certificate made',
  registered: 'new certificate registered',
  proven: 'a token was had by it',
  switched: 'files exchanged; a running agent takes the new key up at its next token',
};

/** Exchanges key and certificate; for a scheduled task with `--if-expires-within`. */
export const rotateCommand: Command = {
  name: 'rotate',
  summary: 'exchange key and certificate for new ones',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        days: { type: 'string' },
        'if-expires-within': { type: 'string' },
        'old-key-id': { type: 'string' },
      },
    });
    if (!values.config) throw new Error(USAGE);
    const days = values.days === undefined ? DEFAULT_DAYS : Number(values.days);
    if (!Number.isInteger(days) || days < 1 || days > 1095)
      throw new Error('--days is a whole number from 1 to 1095');
    const { createGraphClient } = await import('../certificates/graph-client.ts');
    const { rotate } = await import('../certificates/rotate.ts');
    const rotated = await rotate({
      config: readCmdhostConfig(values.config),
      days,
      ifExpiresWithinMs: withinMs(values['if-expires-within']),
      oldKeyId: values['old-key-id'],
      graph: createGraphClient,
      clock: systemClock,
      pause,
      onStep: (step) => process.stdout.write(`${STEP_TEXT[step]}\n`),
    });
    process.stdout.write(result(rotated));
  },
};

/** `30d` or an ISO 8601 duration, in milliseconds. @throws {RangeError} naming the text */
export function withinMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, days] = /^(\d{1,4})d$/.exec(text) ?? [];
  return days === undefined ? durationMs(text) : Number(days) * 86_400_000;
}

function result(rotated: Rotated): string {
  if (rotated.outcome === 'not-due')
    return `nothing to do: the certificate is valid until ${rotated.expiresAt.toISOString().slice(0, 10)}\n`;
  const { certificate, oldLeft } = rotated;
  const lines = [
    `valid until ${certificate.validToDate.toISOString().slice(0, 10)}, thumbprint ${thumbprints(certificate).sha1}`,
    oldLeft === undefined
      ? 'the old certificate was removed'
      : `the old certificate stays registered: ${oldLeft}`,
  ];
  return `${lines.join('\n')}\n`;
}
