import { ascii } from './ascii.ts';
import { facesOf, type Point } from './block.ts';
import { type Model, SIMULATED } from './model.ts';

/** The block as ASCII STL, two triangles a face, in millimetres. */
export function stl(model: Model): string {
  const digests = model.sources.map(({ sha256 }) => ` ${sha256.slice(0, 32)}`).join('');
  const name = `${SIMULATED}: ${ascii(`${model.itemCode} REV ${model.revisionCode} ${model.routingCode}`)}`;
  const facets = facesOf(model).flatMap(({ normal, corners: [first, second, third, fourth] }) => [
    ...facet(normal, [first, second, third]),
    ...facet(normal, [first, third, fourth]),
  ]);
  return [`solid ${name}${digests}`, ...facets, `endsolid ${name}`, ''].join('\n');
}

function facet(normal: Point, corners: readonly Point[]): string[] {
  return [
    `facet normal ${normal.join(' ')}`,
    ' outer loop',
    ...corners.map((corner) => `  vertex ${corner.join(' ')}`),
    ' endloop',
    'endfacet',
  ];
}
