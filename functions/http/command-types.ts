import { z } from 'zod';
import { commandTypeView, toCommandTypeView } from '../../shared/cam-commands/index.ts';
import { type Route, defineRoute } from '../../shared/http/index.ts';
import type { AppDeps } from '../deps.ts';

const types = z.strictObject({ value: z.array(commandTypeView) });

/** What can be ordered, and by which rules it runs. */
export function commandTypeRoutes(deps: Pick<AppDeps, 'commandTypes'>): Route[] {
  return [
    defineRoute({
      name: 'command-types-list',
      method: 'GET',
      path: 'command-types',
      operation: 'command-type.read',
      summary: 'List command types with their parameters and policies',
      description:
        'As they are in force: overrides of the app settings are laid over the table. Durations are milliseconds.',
      tags: ['Commands'],
      access: { roles: ['Mcms.Reader'] },
      responses: { 200: { description: 'The command types', schema: types } },
      handler: () => ({
        status: 200 as const,
        body: { value: deps.commandTypes.all().map(toCommandTypeView) },
      }),
    }),
  ];
}
