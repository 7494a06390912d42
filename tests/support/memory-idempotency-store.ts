import {
  type IdempotencyStore,
  type RecordedResponse,
  keyInProgress,
  keyReused,
} from '../../shared/http/idempotency.ts';

/** The store's contract in its simplest form, for tests of what stands on it. */
export function memoryIdempotencyStore(): IdempotencyStore {
  const entries = new Map<string, { hash: string; response?: RecordedResponse }>();
  return {
    run: async ({ subject, method, path, key }, hash, work) => {
      const id = JSON.stringify([subject, method, path, key]);
      const known = entries.get(id);
      if (known && known.hash !== hash) throw keyReused();
      if (known?.response) return { response: known.response, replayed: true };
      if (known) throw keyInProgress();
      entries.set(id, { hash });
      try {
        const response = await work();
        entries.set(id, { hash, response });
        return { response, replayed: false };
      } catch (error) {
        entries.delete(id);
        throw error;
      }
    },
  };
}
