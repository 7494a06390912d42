import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CmdhostConfigFile } from '../../../shared/config/cmdhost.ts';
import { issuerAddresses } from '../../identity/addresses.ts';
import { registerClient } from '../../identity/clients.ts';
import { OWNER_ONLY, writeFileAtomic } from '../../state-file.ts';
import type { ServicePlugin } from '../service.ts';
import type { StackSettings } from '../settings.ts';
import { serviceBusConnectionString } from './app-settings.ts';

/** As long as a person takes from one order to the next. */
const KEEP_WARM = 'PT30S';

/** The agent of workstation `WS-<number>`; `number` counts from 1. */
export function cmdHost(number: number, settings: StackSettings): ServicePlugin {
  const name = `cmdhost-${number}`;
  const workstation = `WS-${String(number).padStart(2, '0')}`;
  const folder = join(settings.stateDir, name);
  const configFile = join(folder, 'config.json');
  const privateKeyFile = join(folder, 'client-key.pem');
  return {
    kind: 'service',
    name,
    entry: 'cmdhost/main.ts',
    args: ['--config', configFile],
    nodeFlags: ['--max-semi-space-size=1'],
    dependsOn: ['functions-host', 'service-bus', 'identity'],
    address: () => `${workstation}, ${settings.seats} seats, ESPRIT and SolidWorks simulators`,
    prepare: async () => {
      await registerClient(
        settings.stateDir,
        { clientId: workstation, grants: { kind: 'application', roles: ['Mcms.CmdHost'] } },
        privateKeyFile,
      );
      const workFolder = join(folder, 'work');
      await mkdir(workFolder, { recursive: true });
      const config = agentConfig(settings, { workstation, privateKeyFile, workFolder });
      await writeFileAtomic(configFile, JSON.stringify(config, null, 2), OWNER_ONLY);
    },
  };
}

function agentConfig(
  settings: StackSettings,
  own: { workstation: string; privateKeyFile: string; workFolder: string },
): CmdhostConfigFile {
  const environment = {
    SIMULATOR_LEDGER: join(settings.stateDir, 'simulator-ledger.ndjson'),
    SIMULATOR_DURATION: settings.simulatorDuration,
    // A third of the simulator's start-up time, which every first order waits for.
    NODE_COMPILE_CACHE: join(settings.stateDir, 'compile-cache'),
  };
  return {
    workstation: own.workstation,
    seats: settings.seats,
    apiUrl: settings.apiUrl,
    serviceBus: { connectionString: serviceBusConnectionString(settings) },
    identity: {
      tokenEndpoint: issuerAddresses(settings.ports.identity).tokenEndpoint,
      clientId: own.workstation,
      privateKeyFile: own.privateKeyFile,
      scope: `${settings.audience}/.default`,
    },
    workFolder: own.workFolder,
    adapters: [
      {
        application: 'esprit',
        version: '2024.1',
        command: [process.execPath, join(settings.root, 'cmdhost/adapters/esprit-simulator/main.ts')],
        environment,
        keepWarm: KEEP_WARM,
      },
      {
        application: 'solidworks',
        version: '2024.0',
        command: [process.execPath, join(settings.root, 'cmdhost/adapters/solidworks-simulator/main.ts')],
        environment,
        keepWarm: KEEP_WARM,
      },
    ],
  };
}
