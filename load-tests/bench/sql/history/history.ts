import type { Measurement, Say } from '../../benchmark.ts';
export async function measureHistory(
  _rows: { small: number; large: number },
  _say: Say,
): Promise<Measurement[]> {
  return [];
}
