import { z } from 'zod';
import { text } from '../../../shared/http/fields.ts';
import { createRoutingRequest } from '../../../shared/routings/contracts.ts';
import type { Column } from '../source/record.ts';

/** What a row says of the routing, repeated or left empty in its further rows. */
export const ROUTING_FIELDS = ['name', 'machine', 'owner', 'isMain', 'status'] as const;

/** The columns of a CSV file of routings: a row a step, the rows of one routing one after another. */
export const ROUTING_COLUMNS: readonly Column[] = [
  { name: 'itemCode', required: true },
  { name: 'revisionCode', required: true },
  { name: 'routingCode', required: true },
  { name: 'name', required: true },
  { name: 'machine', required: true },
  { name: 'owner' },
  { name: 'isMain', type: 'flag' },
  { name: 'status' },
  { name: 'sequence', type: 'integer' },
  { name: 'stepMachine' },
  { name: 'processDescription' },
  { name: 'toolInformation' },
  { name: 'notes' },
];

/** A routing with its steps, as in `POST /api/routings`, and what only a first load may set. */
export const routingRecord = createRoutingRequest.extend({
  owner: text(200).optional(),
  isMain: z.boolean('must be true or false').default(false),
  /** Released: CAM revision 1 is on the floor from the start. */
  status: z.enum(['Draft', 'Released'], 'must be Draft or Released').default('Draft'),
});
export type RoutingRecord = z.output<typeof routingRecord>;
