import { ENGINEERS, partName, pickPart } from './catalogue.ts';
import type { ItemPlan, RevisionPlan } from './plan.ts';
import { type Random, createRandom } from './random.ts';
import { addRouting } from './routing.ts';
import type { SeedRows } from './rows.ts';

const DAY_MS = 86_400_000;

/** Adds item number `index` with its revisions and routings. What it is made of depends on `index` and the plan alone. */
export function addItem(rows: SeedRows, plan: ItemPlan, { index, now }: { index: number; now: Date }): void {
  const random = createRandom(index);
  const part = pickPart(random);
  const itemCode = plan.itemCode ?? `${part.prefix}-${1000 + index}`;
  const name = partName(random, part);
  const by = random.pick(ENGINEERS);
  const bornMs = now.getTime() - random.whole(400, 700) * DAY_MS;
  const revisionBornMs = plan.revisions.map(
    (_, position) => bornMs + (position * 100 + random.whole(1, 30)) * DAY_MS,
  );
  const createdAt = new Date(bornMs).toISOString();
  const changedAt = new Date(revisionBornMs.at(-1) ?? bornMs).toISOString();
  const version = 1 + plan.revisions.length;
  const stamps = { createdAt, createdBy: by, changedAt, changedBy: by, version };
  rows.Item.push({ itemId: random.uuid(), itemCode, name, description: null, ...stamps });
  rows.HistoryEntry.push(
    entry(random, { itemCode, changeType: 'ItemCreated', currentValue: name, at: createdAt, by }),
  );

  for (const [position, revision] of plan.revisions.entries()) {
    const { revisionCode } = revision;
    const revisionMs = revisionBornMs[position] ?? bornMs;
    const at = new Date(revisionMs).toISOString();
    rows.ItemRevision.push({
      itemRevisionId: random.uuid(),
      itemCode,
      revisionCode,
      description: null,
      createdAt: at,
      createdBy: by,
    });
    rows.HistoryEntry.push(
      entry(random, {
        itemCode,
        revisionCode,
        changeType: 'RevisionCreated',
        currentValue: revisionCode,
        at,
        by,
      }),
    );
    const main = mainRouting(revision);
    for (const [number, routing] of revision.routings.entries()) {
      addRouting(rows, random, {
        ...routing,
        itemCode,
        revisionCode,
        routingCode: `R-${String(number + 1).padStart(3, '0')}`,
        isMain: number === main,
        part,
        bornMs: revisionMs + random.whole(1, 60) * DAY_MS,
        nowMs: now.getTime() - random.whole(1, 600) * 60_000,
      });
    }
  }
}

/** The first routing on the floor, or the first of all. */
function mainRouting({ routings }: RevisionPlan): number {
  return Math.max(
    0,
    routings.findIndex(({ status }) => status === 'Released'),
  );
}

interface EntryFacts {
  readonly itemCode: string;
  readonly revisionCode?: string;
  readonly changeType: 'ItemCreated' | 'RevisionCreated';
  readonly currentValue: string;
  readonly at: string;
  readonly by: string;
}

function entry(random: Random, facts: EntryFacts): SeedRows['HistoryEntry'][number] {
  return {
    historyId: random.uuid(),
    itemCode: facts.itemCode,
    revisionCode: facts.revisionCode ?? null,
    routingId: null,
    camRev: null,
    changeType: facts.changeType,
    field: null,
    previousValue: null,
    currentValue: facts.currentValue,
    changedAt: facts.at,
    changedBy: facts.by,
    actorKind: 'user',
    comment: null,
    traceId: null,
  };
}
