import { createRandom } from '../../../../cli/seed/random.ts';
import type { Database } from '../../../../shared/data/index.ts';
import { type HistoryFilter, createHistoryService } from '../../../../shared/history/index.ts';
import { LONG_CAM_REVS, WINDOW_ROWS, changedAtOf, longRoutingAt } from './plan.ts';

const PAGE = 500;
const MAX_PLACES = 10;

/** At how many places both of two histories can be read: as many in the larger one, so that caches serve both alike. */
export function placesOf(smallerRows: number): number {
  return Math.min(MAX_PLACES, Math.floor(smallerRows / WINDOW_ROWS));
}

/** One way of reading a history; each call reads at another place of it. */
export interface HistoryRead {
  readonly name: string;
  readonly read: () => Promise<unknown>;
}

export interface HistoryFacts {
  readonly rows: number;
  readonly places: number;
}

/** The reads that are measured, each checked to read as much as it should. */
export function historyReads(database: Database, { rows, places }: HistoryFacts): HistoryRead[] {
  const history = createHistoryService({ database });
  const windows = chosenWindows(Math.floor(rows / WINDOW_ROWS), places);
  const page = async (filter: HistoryFilter, startAfter?: number): Promise<void> => {
    const after =
      startAfter === undefined ? undefined : { seq: startAfter + 1, value: changedAtOf(startAfter) };
    const { value } = await history.list({ filter, count: PAGE, after });
    if (value.length !== PAGE) throw new Error(`a page has ${value.length} entries instead of ${PAGE}`);
  };
  const routing = (window: number) => ({ routingId: longRoutingAt(window).routingId });
  const item = (window: number) => ({ itemCode: longRoutingAt(window).itemCode });
  const middle = (window: number) => (window + 0.5) * WINDOW_ROWS;
  return [
    { name: 'page, all', read: () => page({}) },
    { name: 'page, all, deep', read: inTurn(windows, (window) => page({}, middle(window))) },
    { name: 'page, routing', read: inTurn(windows, (window) => page(routing(window))) },
    {
      name: 'page, routing, deep',
      read: inTurn(windows, (window) => page(routing(window), middle(window))),
    },
    { name: 'page, item', read: inTurn(windows, (window) => page(item(window))) },
    { name: 'page, item, deep', read: inTurn(windows, (window) => page(item(window), middle(window))) },
    {
      name: `summary of ${LONG_CAM_REVS} CAM revisions`,
      read: inTurn(windows, async (window) => {
        const { length } = await history.summarize(routing(window));
        if (length !== LONG_CAM_REVS) throw new Error(`a summary has ${length} CAM revisions`);
      }),
    },
  ];
}

function inTurn(windows: readonly number[], read: (window: number) => Promise<void>): () => Promise<void> {
  let turn = 0;
  return () => {
    const window = windows[turn % windows.length] ?? 0;
    turn += 1;
    return read(window);
  };
}

/** Some windows of the table, from all of it. */
function chosenWindows(count: number, places: number): number[] {
  const all = Array.from({ length: count }, (_, window) => window);
  const random = createRandom(count);
  while (all.length > places) all.splice(random.whole(0, all.length - 1), 1);
  return all;
}
