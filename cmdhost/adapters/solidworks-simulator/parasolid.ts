import { ascii } from './ascii.ts';
import { facesOf } from './block.ts';
import { type Model, SIMULATED } from './model.ts';

/** The header of a Parasolid text file, and the corners of the block where the body would stand. */
export function parasolid(model: Model): string {
  return [
    '**ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz**************************',
    '**PARASOLID !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~0123456789**************************',
    '**PART1;',
    'APPL=MCMS SolidWorks simulator;',
    'FORMAT=text;',
    'GUISE=transmit;',
    `KEY=${value(`${model.itemCode}-${model.revisionCode}`)};`,
    `NOTE=${SIMULATED};`,
    '**PART2;',
    'SCH=SIMULATED;',
    'USFLD_SIZE=0;',
    '**PART3;',
    `ROUTING=${value(model.routingCode)};`,
    ...model.sources.map(({ fileName, sha256 }) => `INPUT=${value(fileName)},${sha256};`),
    '**END_OF_HEADER*****************************************************************',
    // Parasolid counts in metres.
    ...facesOf(model).map(({ corners }) =>
      corners.flatMap((corner) => corner.map((length) => (length / 1000).toFixed(6))).join(' '),
    ),
    '',
  ].join('\n');
}

function value(text: string): string {
  return ascii(text).replace(/[;=,*]/g, '_');
}
