import { createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { KeyFiles } from '../certificates/client-key.ts';
import { errorCode } from '../system-error.ts';
import { about, type Finding } from './finding.ts';

const found = about('private key');
/** Entra ID takes no shorter one. */
const LEAST_BITS = 2048;

/** The private key is there, is one, and is nobody else's to read. */
export async function checkPrivateKey({ privateKeyFile: path }: KeyFiles): Promise<Finding[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = errorCode(error) === 'ENOENT';
    return [
      found.problem(
        `${path} ${missing ? 'does not exist' : 'cannot be read by this account'}`,
        missing ? 'cmdhost enroll makes it' : "let the agent's account read it",
      ),
    ];
  }
  return [checkKey(path, text), checkMode(path, (await stat(path)).mode, process.platform)];
}

function checkKey(path: string, text: string): Finding {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(text);
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    if (asymmetricKeyType === 'rsa' && bits >= LEAST_BITS) return found.ok(`RSA, ${bits} bits`);
    return found.problem(
      `${path} is no RSA key of ${LEAST_BITS} bits or more`,
      'make a new one by cmdhost enroll',
    );
  } catch {
    return found.problem(
      `${path} holds no private key in PEM`,
      'restore it, or make a new one by cmdhost enroll',
    );
  }
}

/** @param mode POSIX permission bits; Windows has an access list instead, which Node cannot read */
export function checkMode(path: string, mode: number, platform: NodeJS.Platform): Finding {
  if (platform === 'win32') return found.ok(`who may read it: icacls "${path}"`);
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  if ((mode & 0o007) !== 0)
    return found.problem(`${path} may be read by everybody (${bits})`, `chmod 600 ${path}`);
  if ((mode & 0o070) !== 0)
    return found.warning(`${path} may be read by its group (${bits})`, `chmod 600 ${path}`);
  return found.ok(`readable by its owner only (${bits})`);
}
