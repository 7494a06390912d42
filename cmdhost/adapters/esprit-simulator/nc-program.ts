import { type Operation, type Plan, programName } from './plan.ts';
import { word } from './moves.ts';

const COMMENT_LENGTH = 60;
const BLOCK_STEP = 10;
const LAST_BLOCK = 99_990;

/** The plan as an ISO 6983 program in the Fanuc dialect: upper-case ASCII, one block a line, line feeds. */
export function ncProgram(plan: Plan): string {
  const number = blockNumbers();
  const { routing } = plan;
  const lines = [
    '%',
    `${programName(plan)} ${comment(`${routing.itemCode} REV ${routing.revisionCode}`)}`,
    comment(`ROUTING ${routing.routingCode} ${routing.name}`),
    comment(`CAM REVISION ${routing.camRev}`),
    comment(`MACHINE ${routing.machine}`),
    ...plan.inputs.flatMap(({ fileName, sha256 }) => [
      comment(`INPUT ${fileName}`),
      comment(`SHA256 ${sha256.slice(0, 32)}`),
    ]),
    number('G21 G17 G40 G49 G80 G90 G94'),
    number('G28 G91 Z0.'),
    number('G90'),
    ...plan.operations.flatMap((operation) => operationLines(operation, number)),
    number('G28 G91 Y0.'),
    number('G90'),
    number('M30'),
    '%',
  ];
  return `${lines.join('\n')}\n`;
}

function operationLines({ step, tool, moves }: Operation, number: (block: string) => string): string[] {
  const blocks = [
    `T${tool.number} M6`,
    `G54 G90 G0 X${word(moves.start.x)} Y${word(moves.start.y)}`,
    `S${tool.spindleSpeed} M3`,
    `G43 H${tool.number} Z50. M8`,
    ...moves.blocks,
    'G0 Z50. M9',
    'G28 G91 Z0. M5',
    'G90',
  ];
  return [
    comment(`STEP ${step.sequence} ${step.processDescription}`),
    comment(tool.description),
    ...blocks.map(number),
  ];
}

/** Counts blocks N10, N20 … and starts again after N99990, as five digits are all there are. */
function blockNumbers(): (block: string) => string {
  let last = 0;
  return (block) => {
    last = last >= LAST_BLOCK ? BLOCK_STEP : last + BLOCK_STEP;
    return `N${last} ${block}`;
  };
}

/** Text as a control can show it: no brackets inside, no letters it lacks, and never long enough to be cut off. */
function comment(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toUpperCase()
    .replace(/[^A-Z0-9 .,:;/*+=#_-]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
  return `(${plain.slice(0, COMMENT_LENGTH).trimEnd()})`;
}
