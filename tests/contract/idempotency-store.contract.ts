import { expect, it } from '@jest/globals';
import { HttpError } from '../../shared/http/errors.ts';
import type { IdempotencyScope, IdempotencyStore, RecordedResponse } from '../../shared/http/idempotency.ts';

/** Of SHA-256, as requests are hashed. */
const HASH = '1'.repeat(64);
const OTHER_HASH = '2'.repeat(64);

const created: RecordedResponse = {
  status: 201,
  headers: { Location: '/api/things/1' },
  body: '{"thing":"Ø한"}',
};

/** What every `IdempotencyStore` must do. `makeStore` gives one on which the scopes used here are free. */
export function idempotencyStoreContract(
  makeStore: () => IdempotencyStore | Promise<IdempotencyStore>,
): void {
  const scope = (change: Partial<IdempotencyScope> = {}): IdempotencyScope => ({
    subject: 'alice',
    method: 'POST',
    path: '/api/things',
    key: 'key-1',
    ...change,
  });
  const answer = async (): Promise<RecordedResponse> => created;
  const mustNotRun = async (): Promise<RecordedResponse> => {
    throw new Error('ran a second time');
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof HttpError)) throw new Error('no HttpError was thrown', { cause: error });
    return error.code;
  };

  it('runs the work once and gives the same answer again', async () => {
    const store = await makeStore();
    const first = await store.run(scope(), HASH, answer);
    const second = await store.run(scope(), HASH, mustNotRun);
    expect(first).toEqual({ response: created, replayed: false });
    expect(second).toEqual({ response: created, replayed: true });
  });

  it('refuses the key for another request', async () => {
    const store = await makeStore();
    await store.run(scope(), HASH, answer);
    expect(await codeOf(store.run(scope(), OTHER_HASH, mustNotRun))).toBe('idempotency-key-reused');
  });

  it.each<Partial<IdempotencyScope>>([
    { subject: 'bob' },
    { method: 'PATCH' },
    { path: '/api/others' },
    { key: 'key-2' },
    { key: 'KEY-1' },
  ])('keeps scopes apart: %j', async (change) => {
    const store = await makeStore();
    await store.run(scope(), HASH, answer);
    expect(await store.run(scope(change), OTHER_HASH, answer)).toEqual({
      response: created,
      replayed: false,
    });
  });

  it('refuses a second call while the first is at work', async () => {
    const store = await makeStore();
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const first = store.run(scope(), HASH, async () => {
      started.resolve();
      await release.promise;
      return created;
    });
    await started.promise;
    expect(await codeOf(store.run(scope(), HASH, mustNotRun))).toBe('idempotency-key-in-progress');
    release.resolve();
    expect(await first).toEqual({ response: created, replayed: false });
    expect((await store.run(scope(), HASH, mustNotRun)).replayed).toBe(true);
  });

  it('keeps nothing when the work throws', async () => {
    const store = await makeStore();
    const failing = store.run(scope(), HASH, async () => {
      throw new Error('database gone');
    });
    await expect(failing).rejects.toThrow('database gone');
    expect(await store.run(scope(), HASH, answer)).toEqual({ response: created, replayed: false });
  });

  it('keeps an answer without a body', async () => {
    const store = await makeStore();
    const empty: RecordedResponse = { status: 204, headers: {}, body: null };
    await store.run(scope(), HASH, async () => empty);
    expect((await store.run(scope(), HASH, mustNotRun)).response).toEqual(empty);
  });
}
