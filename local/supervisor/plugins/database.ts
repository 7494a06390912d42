import type { StackSettings } from '../settings.ts';
import type { TaskPlugin } from '../service.ts';

const env = ({ sqlConnection }: StackSettings) => ({ SqlConnection: sqlConnection });

export const migrate: TaskPlugin = {
  kind: 'task',
  name: 'migrate',
  entry: 'cli/migrate.ts',
  env,
  dependsOn: [],
};

/** Fills a database that is new; leaves any other as it is. */
export const seed: TaskPlugin = {
  kind: 'task',
  name: 'seed',
  entry: 'cli/seed.ts',
  args: ['--demo'],
  env,
  dependsOn: ['migrate'],
};
