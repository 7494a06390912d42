import type { Plugin, ServicePlugin } from '../../../local/supervisor/service.ts';
import { runStack } from '../../../local/supervisor/run.ts';
import type { StackSettings } from '../../../local/supervisor/settings.ts';

type Ports = StackSettings['ports'];

function part(name: string, dependsOn: readonly string[], setting: string, port: keyof Ports): ServicePlugin {
  return {
    kind: 'service',
    name,
    entry: 'tests/e2e/stack-fakes/part.ts',
    args: [setting],
    dependsOn,
    ports: ({ ports }) => [{ port: ports[port], setting }],
    address: ({ ports }) => `http://127.0.0.1:${ports[port]}`,
  };
}

const plugins: Plugin[] = [
  { kind: 'task', name: 'task', entry: 'tests/e2e/stack-fakes/task.ts', dependsOn: [] },
  part('store', [], 'MCMS_BLOB_PORT', 'blob'),
  part('broker', [], 'MCMS_AMQP_PORT', 'amqp'),
  part('host', ['task', 'store', 'broker'], 'MCMS_PORT', 'http'),
];

try {
  await runStack({ plugins: () => plugins, untilHealthy: () => Promise.resolve(), watch: false });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
