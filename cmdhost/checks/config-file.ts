import { type CmdhostConfig, CmdhostConfigError, readCmdhostConfig } from '../../shared/config/cmdhost.ts';
import { about, type Finding } from './finding.ts';

const found = about('configuration');

/** Reads the file; each wrong field is a finding of its own. */
export function checkConfigFile(path: string): { config: CmdhostConfig | undefined; findings: Finding[] } {
  try {
    const config = readCmdhostConfig(path);
    const { workstation, seats } = config;
    return {
      config,
      findings: [found.ok(`${path}: ${workstation}, ${seats} ${seats === 1 ? 'seat' : 'seats'}`)],
    };
  } catch (error) {
    if (!(error instanceof CmdhostConfigError)) throw error;
    return {
      config: undefined,
      findings: error.problems.map((problem) =>
        found.problem(problem, `correct ${path}; docs/cmdhost.md describes every field`),
      ),
    };
  }
}
