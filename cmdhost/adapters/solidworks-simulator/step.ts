import { facesOf, type Point } from './block.ts';
import { type Model, SIMULATED } from './model.ts';

/** The block as ISO 10303-21 text: a shape of six flat outlines, not a solid. */
export function step(model: Model): string {
  const name = text(`${model.itemCode} REV ${model.revisionCode}`);
  const lines: string[] = [];
  const add = (entity: string): string => {
    lines.push(`#${lines.length + 1}=${entity};`);
    return `#${lines.length}`;
  };
  const context = add("APPLICATION_CONTEXT('automotive design')");
  const discipline = add(`PRODUCT_CONTEXT('',${context},'mechanical')`);
  add(`PRODUCT(${name},${text(SIMULATED)},${text(model.routingCode)},(${discipline}))`);
  const loops = facesOf(model).map(({ corners }) => {
    const points = corners.map((corner) => add(`CARTESIAN_POINT('',(${corner.map(real).join(',')}))`));
    return add(`POLY_LOOP('',(${points.join(',')}))`);
  });
  add(`GEOMETRIC_SET('SIMULATED',(${loops.join(',')}))`);
  return [
    'ISO-10303-21;',
    'HEADER;',
    `FILE_DESCRIPTION((${text(SIMULATED)}),'2;1');`,
    // No time: the same job gives the same bytes.
    `FILE_NAME(${name},'',(''),(''),'','MCMS SolidWorks simulator','');`,
    "FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));",
    'ENDSEC;',
    'DATA;',
    ...model.sources.map(({ fileName, sha256 }) => `/* INPUT ${comment(fileName)} SHA256 ${sha256} */`),
    ...lines,
    'ENDSEC;',
    'END-ISO-10303-21;',
    '',
  ].join('\n');
}

function real(value: Point[number]): string {
  return Number.isInteger(value) ? `${value}.` : String(value);
}

/** A string of part 21: the apostrophe and the backslash doubled, UTF-16 in hexadecimal for what is not ASCII. */
function text(value: string): string {
  const coded = value
    .replace(/['\\]/g, '$&$&')
    .replace(/[^ -~]+/g, (run) => `\\X2\\${hexadecimal(run)}\\X0\\`);
  return `'${coded}'`;
}

function hexadecimal(run: string): string {
  return Array.from({ length: run.length }, (_unit, index) =>
    run.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0'),
  ).join('');
}

function comment(value: string): string {
  return value.replace(/[^ -~]/g, '?').replaceAll('*', '?');
}
