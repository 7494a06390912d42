import { z } from 'zod';
import { listLicencePools, listWorkstations, workstationView } from '../../shared/cam-commands/index.ts';
import { type Route, defineRoute } from '../../shared/http/index.ts';
import type { AppDeps } from '../deps.ts';

const licencePool = z
  .object({
    name: z.string(),
    seats: z.int().nullable().describe('Null: no limit.'),
    inUse: z.int(),
  })
  .meta({ id: 'LicencePool' });

const facts = { method: 'GET', operation: 'workstation.read', tags: ['Workstations'] } as const;
const access = { roles: ['Mcms.Reader'] } as const;

/** Workstations and licences: who is there, what they do, what is free. */
export function workstationRoutes(deps: AppDeps): Route[] {
  return [
    defineRoute({
      ...facts,
      access,
      name: 'workstations-list',
      path: 'workstations',
      summary: 'List the workstations with what they run',
      responses: {
        200: {
          description: 'All workstations, by name',
          schema: z.object({ value: z.array(workstationView) }),
        },
      },
      handler: async () => ({ status: 200, body: { value: await listWorkstations(deps) } }),
    }),
    defineRoute({
      ...facts,
      access,
      name: 'licence-pools-list',
      path: 'licence-pools',
      summary: 'List the licence pools with their seats',
      responses: {
        200: { description: 'All pools', schema: z.object({ value: z.array(licencePool) }) },
      },
      handler: async () => ({
        status: 200,
        body: { value: await listLicencePools(deps, deps.commandTypes, deps.licencePools) },
      }),
    }),
  ];
}
