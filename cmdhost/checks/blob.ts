import { about, type Finding } from './finding.ts';
import { explain } from './network-error.ts';

const found = about('Blob Storage');
const TIMEOUT_MS = 10_000;

/** The storage account can be reached: any answer will do, since links with rights come with each job only. */
export async function checkBlob(blobUrl: string): Promise<Finding[]> {
  try {
    const response = await fetch(blobUrl, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return [found.ok(`${new URL(blobUrl).host} answers`)];
  } catch (error) {
    const { detail, next } = explain(error, new URL(blobUrl).host);
    return [found.problem(detail, next)];
  }
}
