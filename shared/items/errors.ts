import { AppError, type AppErrorOptions } from '../errors.ts';

/** Refusals of this area with their HTTP statuses. The codes are part of the API contract. */
const STATUS = {
  'item-not-found': 404,
  /** There is an item with this code. */
  'item-exists': 409,
  /** The item has a revision with this code. */
  'revision-exists': 409,
  /** It has changed since the version the caller read. */
  'precondition-failed': 412,
} as const;

export type ItemErrorCode = keyof typeof STATUS;

export class ItemError extends AppError {
  override readonly name = 'ItemError';

  constructor(
    code: ItemErrorCode,
    message: string,
    options: Omit<AppErrorOptions, 'code' | 'httpStatus' | 'message'> = {},
  ) {
    super({ code, httpStatus: STATUS[code], message, ...options });
  }
}

export function itemNotFound(itemCode: string): ItemError {
  return new ItemError('item-not-found', `There is no item ${itemCode}.`);
}

export function itemStale(currentVersion: number): ItemError {
  return new ItemError(
    'precondition-failed',
    'The item has changed since it was read; read it again first.',
    { extensions: { currentVersion }, httpHeaders: { ETag: `"${currentVersion}"` } },
  );
}
