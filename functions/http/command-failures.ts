import { z } from 'zod';
import { commandFailure, listFailures } from '../../shared/cam-commands/index.ts';
import { applications } from '../../shared/cam-commands/contracts.ts';
import { type Route, defineRoute, instant, text, top } from '../../shared/http/index.ts';
import type { AppDeps } from '../deps.ts';

const DEFAULT_SPAN_MS = 7 * 86_400_000;
const failures = z.strictObject({ value: z.array(commandFailure) });

/** What goes wrong, grouped by signature. */
export function commandFailureRoutes(deps: Pick<AppDeps, 'database' | 'clock'>): Route[] {
  return [
    defineRoute({
      name: 'command-failures-list',
      method: 'GET',
      path: 'command-failures',
      operation: 'command-failure.list',
      summary: 'Failed attempts grouped by signature, newest first',
      description:
        'A signature stands for type, code and text without its numbers and names. `from` is inclusive and by default seven days ago, `to` exclusive; at most `top` groups. The commands of one: `GET /commands?signature=`.',
      tags: ['Commands'],
      access: { roles: ['Mcms.Reader'] },
      query: z.strictObject({
        from: instant().optional(),
        to: instant().optional(),
        application: z.enum(applications).optional(),
        commandType: text(64).optional(),
        top: top(200, 50),
      }),
      responses: { 200: { description: 'The groups', schema: failures } },
      async handler({ query: { top: count, from, ...filter } }) {
        const since = from ?? new Date(deps.clock.now().getTime() - DEFAULT_SPAN_MS);
        return { status: 200, body: { value: await listFailures(deps, { ...filter, from: since }, count) } };
      },
    }),
  ];
}
