import { parseArgs } from 'node:util';
import { readCmdhostConfig } from '../../shared/config/cmdhost.ts';
import { systemClock } from '../../shared/time/clock.ts';
import type { Enrolled } from '../certificates/enroll.ts';
import type { Command } from './command.ts';

const USAGE = 'usage: cmdhost enroll --config FILE [--subject CN=WS-01,O=Shop] [--days 365]';
const DEFAULT_DAYS = 365;
/** Entra ID's own recommendation is a year at most; nobody should need more than three. */
const MAX_DAYS = 1095;

/** Makes the first key and certificate of a workstation. */
export const enrollCommand: Command = {
  name: 'enroll',
  summary: 'make key and certificate of this workstation',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, subject: { type: 'string' }, days: { type: 'string' } },
    });
    if (!values.config) throw new Error(USAGE);
    const days = values.days === undefined ? DEFAULT_DAYS : Number(values.days);
    if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
      throw new Error(`--days is a whole number from 1 to ${MAX_DAYS}`);
    const config = readCmdhostConfig(values.config);
    const { enroll } = await import('../certificates/enroll.ts');
    const enrolled = await enroll({ config, subject: values.subject, days, now: systemClock.now() });
    process.stdout.write(whatNext(enrolled, config.identity.clientId));
  },
};

function whatNext(
  { privateKeyFile, certificateFile, expiresAt, thumbprints }: Enrolled,
  clientId: string,
): string {
  return [
    `private key   ${privateKeyFile} (stays on this workstation)`,
    `certificate   ${certificateFile}, valid until ${expiresAt.toISOString().slice(0, 10)}`,
    `thumbprint    ${thumbprints.sha1} (SHA-1, as Entra ID shows it; x5t ${thumbprints.x5t})`,
    `              ${thumbprints.sha256} (SHA-256)`,
    '',
    'Next:',
    `1. Entra admin centre > App registrations > ${clientId} > Certificates & secrets > Certificates:`,
    `   upload ${certificateFile} and compare the thumbprint.`,
    '2. cmdhost doctor --config FILE proves that the workstation gets a token by it.',
    "3. Have the agent's account alone read the private key; cmdhost check looks at that.",
    '',
  ].join('\n');
}
