import { z } from 'zod';
import { cmdhostConfig } from '../shared/config/cmdhost.ts';

/**
 * JSON Schema (draft 2020-12) of the configuration file. What it cannot say the agent still checks: that each application is named
 * once, that plain HTTP stays on the machine, and how long a duration may be.
 */
export function configSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(cmdhostConfig, { io: 'input', unrepresentable: 'any' }),
    title: 'Configuration of CmdHost, the workstation agent of MCMS',
  };
}
