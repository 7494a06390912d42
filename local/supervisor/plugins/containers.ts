import type { TaskPlugin } from '../service.ts';
import { appSettings } from './app-settings.ts';

/** The blob containers, which the deployment makes on Azure. */
export const containers: TaskPlugin = {
  kind: 'task',
  name: 'containers',
  entry: 'local/azurite/make-containers.ts',
  env: appSettings,
  dependsOn: ['azurite'],
};
