import type { AdapterJob } from '../contract.ts';
import { readInputs, type Source } from '../simulator/inputs.ts';
import { numbersFrom } from '../simulator/numbers.ts';

/** The body that stands in for the model: a block. Everything the exports and the metadata are written from. */
export interface Model {
  readonly itemCode: string;
  readonly revisionCode: string;
  readonly routingCode: string;
  readonly sources: readonly Source[];
  readonly material: { readonly name: string; readonly gramsPerCubicCentimetre: number };
  /** Edges of the block in millimetres. */
  readonly size: readonly [x: number, y: number, z: number];
  readonly featureCount: number;
}

/** Said by every file of this simulator, for nobody may take it for a model. */
export const SIMULATED = 'SIMULATED - NOT A MODEL OF THE PART';

const MATERIALS = [
  { name: 'EN AW-6082 T6', gramsPerCubicCentimetre: 2.7 },
  { name: '1.0503 (C45)', gramsPerCubicCentimetre: 7.85 },
  { name: '1.4301 (X5CrNi18-10)', gramsPerCubicCentimetre: 7.9 },
  { name: 'POM-C', gramsPerCubicCentimetre: 1.41 },
] as const;

/** Makes up a body from the bytes of the inputs and the routing's codes, and from nothing else. */
export async function readModel(job: AdapterJob): Promise<Model> {
  const { itemCode, revisionCode, routingCode } = job.routing;
  const sources = await readInputs(job);
  const digests = sources.map(({ sha256 }) => sha256).join(' ');
  const numbers = numbersFrom(`${digests}\n${JSON.stringify([itemCode, revisionCode, routingCode])}`);
  return {
    itemCode,
    revisionCode,
    routingCode,
    sources,
    material: MATERIALS[numbers.whole(0, MATERIALS.length - 1)] ?? MATERIALS[0],
    size: [numbers.millimetres(20, 250), numbers.millimetres(15, 160), numbers.millimetres(5, 90)],
    featureCount: numbers.whole(3, 60),
  };
}
