import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { messageReader, readCommandMessage } from './read-message.ts';

/** A kind of message that is in its third version: the second said `name` for what is `title` now. */
const read = messageReader({
  version: 3,
  schema: z.strictObject({ schemaVersion: z.literal(3), title: z.string().min(1) }),
  before: {
    schema: z.strictObject({ schemaVersion: z.literal(2), name: z.string() }),
    upgrade: ({ name }) => ({ schemaVersion: 3, title: name }),
  },
});

describe('a reader of messages', () => {
  it.each([
    ['N', { schemaVersion: 3, title: 'a' }],
    ['N-1', { schemaVersion: 2, name: 'a' }],
  ])('takes version %s', (_which, body) => {
    expect(read(body)).toEqual({ kind: 'read', message: { schemaVersion: 3, title: 'a' } });
  });

  it.each([
    [
      'a newer version',
      { schemaVersion: 4, title: 'a' },
      'schema-version-unknown',
      /^schemaVersion: 4 is newer than 3/,
    ],
    [
      'a version before N-1',
      { schemaVersion: 1 },
      'schema-version-unknown',
      /^schemaVersion: 1 is older than 2/,
    ],
    ['N that breaks its schema', { schemaVersion: 3, name: 'a' }, 'invalid-message', /title/],
    ['N-1 that breaks its schema', { schemaVersion: 2, title: 'a' }, 'invalid-message', /name/],
    ['N-1 that cannot be one of N', { schemaVersion: 2, name: '' }, 'invalid-message', /title/],
    ['no version', { title: 'a' }, 'invalid-message', /schemaVersion/],
    ['a version that is no number', { schemaVersion: '3', title: 'a' }, 'invalid-message', /schemaVersion/],
    ['no object', 7, 'invalid-message', /object/],
    ['nothing', undefined, 'invalid-message', /object/],
  ])('refuses %s and says why', (_what, body, reason, description) => {
    expect(read(body)).toEqual({
      kind: 'refused',
      reason,
      description: expect.stringMatching(description) as unknown,
    });
  });

  it('has one version of commands so far', () => {
    expect(readCommandMessage({ schemaVersion: 2 })).toMatchObject({
      reason: 'schema-version-unknown',
      description:
        'schemaVersion: 2 is newer than 1, the newest that this MCMS reads: deploy MCMS before its callers',
    });
    expect(readCommandMessage({ schemaVersion: 0 })).toMatchObject({ reason: 'schema-version-unknown' });
  });
});
