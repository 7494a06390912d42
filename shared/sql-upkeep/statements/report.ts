/** What the event session kept of a statement, or of a wait in one. Times in milliseconds. */
export interface StatementEvent {
  readonly kind: 'statement' | 'wait';
  readonly at: string;
  /** As in `sys.query_store_query`; null or all zeros when the statement has none. */
  readonly queryHash: string | null;
  /** Its first 400 characters. */
  readonly queryText: string | null;
  readonly durationMs: number;
  readonly cpuMs: number | null;
  readonly logicalReads: number | null;
  readonly waitType: string | null;
}

/** One query that took long in a round. */
export interface LongQuery {
  readonly queryHash: string | null;
  readonly queryText: string;
  /** Statements of a second and more, and the longest of them. */
  readonly statements: number;
  readonly longestMs: number;
  readonly mostCpuMs: number;
  readonly mostLogicalReads: number;
  /** Columnstore and In-Memory waits: the longest of each type. */
  readonly waits: Readonly<Record<string, number>>;
}

/** Upkeep takes its time by nature; it has reports of its own. */
const EXPECTED = [
  /^\s*alter\s+index\b/i,
  /^\s*create\s+(unique\s+)?(clustered\s+|nonclustered\s+)?(columnstore\s+)?index\b/i,
  /^\s*(exec|execute)\s+mcms\.(ReorganizeHistory|RebuildHistory)\b/i,
  /^\s*(update|create)\s+statistics\b/i,
];

/** The queries of a round, longest first, each once: by hash, or by text where there is none. */
export function longQueries(events: readonly StatementEvent[]): LongQuery[] {
  const unexpected = events.filter(({ queryText }) => !EXPECTED.some((form) => form.test(queryText ?? '')));
  const groups = Map.groupBy(unexpected, (event) => hashOf(event) ?? event.queryText ?? '');
  return [...groups.values()].map(summarize).toSorted((a, b) => b.longestMs - a.longestMs);
}

function hashOf({ queryHash }: StatementEvent): string | null {
  return queryHash !== null && /[1-9a-f]/i.test(queryHash.replace(/^0x/i, '')) ? queryHash : null;
}

function summarize(events: readonly StatementEvent[]): LongQuery {
  const statements = events.filter((event) => event.kind === 'statement');
  const waits: Record<string, number> = {};
  for (const { kind, waitType, durationMs } of events) {
    if (kind === 'wait' && waitType !== null) waits[waitType] = Math.max(waits[waitType] ?? 0, durationMs);
  }
  const most = (value: (event: StatementEvent) => number | null): number =>
    Math.max(0, ...statements.map((event) => value(event) ?? 0));
  return {
    queryHash: events.map(hashOf).find((hash) => hash !== null) ?? null,
    // A wait carries the whole batch, a statement itself.
    queryText: (statements[0] ?? events[0])?.queryText ?? '',
    statements: statements.length,
    longestMs: Math.max(0, ...events.map((event) => event.durationMs)),
    mostCpuMs: most((event) => event.cpuMs),
    mostLogicalReads: most((event) => event.logicalReads),
    waits,
  };
}
