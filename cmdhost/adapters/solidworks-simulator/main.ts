import type { AdapterJob } from '../contract.ts';
import type { Application, Made } from '../simulator/application.ts';
import { simulate } from '../simulator/simulate.ts';
import { fileStem } from './file-stem.ts';
import { readFormat } from './formats.ts';
import { metadata } from './metadata.ts';
import { readModel } from './model.ts';

// A stand-in for SolidWorks: `main.ts --job FILE` or `main.ts --serve`. See "The simulators" in docs/cmdhost.md.

const solidworks: Application = {
  name: 'SolidWorks',
  licenceBusy: 'SOLIDWORKS_LICENCE_BUSY',
  opening: 'Opening the model',
  working: 'Rebuilding',
  commands: new Map([
    ['ExportModel', exportModel],
    ['ExtractMetadata', extractMetadata],
  ]),
};

async function exportModel(job: AdapterJob): Promise<Made> {
  const { name, extension, contentType, write } = readFormat(job.parameters);
  const model = await readModel(job);
  const fileName = `${fileStem(job.routing, extension)}${extension}`;
  return {
    outputs: [{ fileName, role: 'document', contentType, text: write(model) }],
    summary: `exported as ${name}`,
  };
}

async function extractMetadata(job: AdapterJob): Promise<Made> {
  const text = metadata(await readModel(job));
  const ending = '-metadata.json';
  const fileName = `${fileStem(job.routing, ending)}${ending}`;
  return {
    outputs: [{ fileName, role: 'document', contentType: 'application/json', text }],
    summary: 'properties of the model read',
  };
}

await simulate(solidworks);
