import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { commandIdOf } from './command-id.ts';

const ORDER = { subject: 's', path: '/api/routings/r/commands', key: 'k' };

describe('the id of a command ordered with a key', () => {
  it('is a UUID of version 8, the same for the same order', () => {
    const id = commandIdOf(ORDER);
    expect(z.uuid({ version: 'v8' }).safeParse(id).success).toBe(true);
    expect(id).toBe(commandIdOf({ ...ORDER }));
  });

  it('is another one for another caller, address or key, wherever one ends and the next begins', () => {
    const ids = [
      ORDER,
      { ...ORDER, subject: 't' },
      { ...ORDER, path: '/api/routings/q/commands' },
      { ...ORDER, key: 'l' },
      { subject: 's"', path: ',', key: 'k' },
      { subject: 's', path: '",', key: 'k' },
    ].map(commandIdOf);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
