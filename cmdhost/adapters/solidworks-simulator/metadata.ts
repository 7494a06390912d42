import { type Model, SIMULATED } from './model.ts';

/** The properties that a user of SolidWorks would read off the model, as JSON. */
export function metadata(model: Model): string {
  const [x, y, z] = model.size;
  const volume = (x * y * z) / 1000;
  const properties = {
    note: SIMULATED,
    itemCode: model.itemCode,
    revisionCode: model.revisionCode,
    routingCode: model.routingCode,
    material: model.material.name,
    boundingBoxMillimetres: model.size,
    volumeCubicCentimetres: round(volume),
    massGrams: round(volume * model.material.gramsPerCubicCentimetre),
    surfaceSquareCentimetres: round((2 * (x * y + y * z + z * x)) / 100),
    featureCount: model.featureCount,
    inputs: model.sources,
  };
  return `${JSON.stringify(properties, null, 2)}\n`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
