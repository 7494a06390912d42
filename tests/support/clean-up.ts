import { afterAll, afterEach, beforeEach } from '@jest/globals';

type CleanUp = () => Promise<void>;

/** What a test made is put away before the next one begins, what a file made when it is through. */
const cleanups: { readonly ofFile: CleanUp[]; readonly ofTest: CleanUp[] } = { ofFile: [], ofTest: [] };
let inTest = false;
// This file is imported before any test sets hooks of its own: these come first.
beforeEach(async () => {
  await cleanUp(cleanups.ofTest);
  inTest = true;
});
afterEach(() => {
  inTest = false;
});
afterAll(async () => {
  await cleanUp(cleanups.ofTest);
  await cleanUp(cleanups.ofFile);
});

/** Has `work` done when the test is over in which it is called, or the file when it is called outside of any. Last come, first done. */
export function onCleanUp(work: CleanUp): void {
  (inTest ? cleanups.ofTest : cleanups.ofFile).push(work);
}

/** Has `work` done when the test file is over. */
export function onFileCleanUp(work: CleanUp): void {
  cleanups.ofFile.push(work);
}

async function cleanUp(list: CleanUp[]): Promise<void> {
  for (const work of list.splice(0).toReversed()) await work();
}
