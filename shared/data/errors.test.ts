import { describe, expect, it } from '@jest/globals';
import {
  DatabaseUnavailableError,
  asDatabaseError,
  isConnectionFault,
  isTransient,
  isUniqueViolation,
} from './errors.ts';

const server = (number: number) =>
  Object.assign(new Error('said by the server'), { code: 'EREQUEST', number });
const driver = (code: string) => Object.assign(new Error('said by the driver'), { code });
const sqlite = (errcode: number) =>
  Object.assign(new Error('said by SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('faults of a database', () => {
  it.each([
    ['deadlock victim', server(1205)],
    ['write conflict on a memory-optimized table', server(41302)],
    ['repeatable-read validation', server(41305)],
    ['serializable validation', server(41325)],
    ['commit dependency', server(41301)],
    ['memory-optimized storage cap', server(41823)],
    ['memory-optimized storage cap of an elastic pool', server(41840)],
    ['database not available', server(40613)],
    ['reconfiguration', server(40197)],
    ['throttled', server(40501)],
    ['too many requests', server(10928)],
    ['busy subscription', server(49920)],
    ['dropped socket', driver('ESOCKET')],
    ['no answer in time', driver('ETIMEOUT')],
    ['SQLite busy, extended code', sqlite(5 | (2 << 8))],
  ])('may be gone with the next try: %s', (_name, error) => {
    expect(isTransient(error)).toBe(true);
    expect(asDatabaseError(error)).toBeInstanceOf(DatabaseUnavailableError);
  });

  it.each([
    ['foreign key', server(547)],
    ['unique', server(2627)],
    ['syntax', server(102)],
    ['refused login', Object.assign(new Error('Login failed'), { code: 'ELOGIN', number: 18456 })],
    ['SQLite constraint', sqlite(19)],
    ['a defect', new TypeError('x is not a function')],
  ])('would be met again: %s', (_name, error) => {
    expect(isTransient(error)).toBe(false);
    expect(asDatabaseError(error)).toBe(error);
  });

  it('leave open what became of a commit only when the connection broke', () => {
    expect(isConnectionFault(driver('ESOCKET'))).toBe(true);
    expect(isConnectionFault(server(1205))).toBe(false);
  });

  it.each([server(2601), server(2627), sqlite(2067), sqlite(1555)])(
    'are told from a row that is there already: %#',
    (error) => {
      expect(isUniqueViolation(error)).toBe(true);
    },
  );
});
