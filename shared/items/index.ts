export { identifyingCode, itemCode, optionalText, revisionCode } from './codes.ts';
export { ItemError, type ItemErrorCode } from './errors.ts';
export { itemRevisionExists } from './repository.ts';
export { type ItemPage, type ItemService, createItemService } from './service.ts';
