import { type Plan, programName } from './plan.ts';

const STYLE =
  'body{font:14px/1.4 sans-serif;margin:2em;color:#111}table{border-collapse:collapse;width:100%;margin:1em 0}' +
  'th,td{border:1px solid #888;padding:.3em .6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}' +
  'th{background:#eee}@media print{body{margin:0}}';

/** The page that lies beside the machine: what to load, which tools, in which order. One HTML file that needs no other. */
export function setupSheet(plan: Plan): string {
  const { routing } = plan;
  const title = `Setup sheet ${programName(plan)}`;
  const facts: [string, string][] = [
    ['Item', `${routing.itemCode}, revision ${routing.revisionCode}`],
    ['Routing', `${routing.routingCode}: ${routing.name}`],
    ['CAM revision', String(routing.camRev)],
    ['Machine', routing.machine],
    ['Program', programName(plan)],
    ['Cycle time', `${plan.cycleTimeMinutes.toFixed(1)} min`],
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style></head>`,
    `<body><h1>${escape(title)}</h1>`,
    '<table>',
    ...facts.map(([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`),
    '</table>',
    '<h2>Steps</h2>',
    table(
      ['Step', 'Operation', 'Machine', 'T', 'Tool', 'Speed', 'Feed', 'Notes'],
      plan.operations.map(({ step, tool }) => [
        String(step.sequence),
        step.processDescription,
        step.machine,
        `T${tool.number}`,
        tool.description,
        `${tool.spindleSpeed} rpm`,
        `${tool.feed} mm/min`,
        step.notes ?? '',
      ]),
    ),
    '<h2>Input files</h2>',
    table(
      ['File', 'SHA-256'],
      plan.inputs.map(({ fileName, sha256 }) => [fileName, sha256]),
    ),
    '</body></html>',
    '',
  ].join('\n');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${escape(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((text) => `<td>${escape(text)}</td>`).join('')}</tr>`);
  return ['<table>', `<tr>${head}</tr>`, ...body, '</table>'].join('\n');
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
