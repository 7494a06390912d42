import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { checkAdapters } from './adapters.ts';
import { checkCertificate } from './certificate.ts';
import { checkConfigFile } from './config-file.ts';
import type { Finding } from './finding.ts';
import { checkPrivateKey } from './key-files.ts';
import { checkWorkFolder } from './work-folder.ts';

export interface OfflineChecks {
  readonly findings: Finding[];
  /** Undefined when the file cannot be used. */
  readonly config: CmdhostConfig | undefined;
}

/** Everything that can be known without the network. */
export async function checkOffline(configFile: string, now: Date): Promise<OfflineChecks> {
  const { config, findings } = checkConfigFile(configFile);
  if (!config) return { config, findings };
  const parts = [
    await checkPrivateKey(config.identity),
    await checkCertificate(config.identity, now),
    await checkWorkFolder(config.workFolder),
    await checkAdapters(config.adapters),
  ];
  return { config, findings: [...findings, ...parts.flat()] };
}
