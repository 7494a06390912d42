import { describe, expect, it } from '@jest/globals';
import { UsageError, readHistoryArguments, readImportArguments } from './arguments.ts';

describe('arguments of the imports', () => {
  it('name what is imported and the file', () => {
    expect(readImportArguments(['items', 'parts.csv', '--dry-run'])).toEqual({
      kind: 'items',
      file: 'parts.csv',
      format: undefined,
      by: undefined,
      rejected: 'parts.csv.rejected.ndjson',
      again: false,
      dryRun: true,
      allowUnknown: false,
      lockHistory: false,
    });
    expect(
      readHistoryArguments([
        'h.txt',
        '--format',
        'ndjson',
        '--rejected',
        'r',
        '--by',
        'me',
        '--no-table-lock',
      ]),
    ).toMatchObject({ kind: 'history', format: 'ndjson', rejected: 'r', by: 'me', lockHistory: false });
  });

  it.each([
    [['parts.csv'], 'items or routings'],
    [['items'], 'FILE is missing'],
    [['items', 'a', 'b'], 'one FILE at a time'],
    [['items', 'a', '--format', 'xml'], '--format is csv or ndjson'],
    [['items', 'a', '--by', ''], '--by'],
    [['items', 'a', '--allow-unknown'], "'--allow-unknown'"],
  ])('are refused: %j', (args, message) => {
    const read = () => readImportArguments(args);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });

  it('may ask for help alone', () => {
    expect(readImportArguments(['--help'])).toBeUndefined();
    expect(readHistoryArguments(['-h'])).toBeUndefined();
  });
});
