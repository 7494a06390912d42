import type { AdapterJob } from '../contract.ts';
import type { Application, Made, Output } from '../simulator/application.ts';
import { simulate } from '../simulator/simulate.ts';
import { ncProgram } from './nc-program.ts';
import { makePlan, type Plan, programName } from './plan.ts';
import { setupSheet } from './setup-sheet.ts';

// A stand-in for ESPRIT: `main.ts --job FILE` or `main.ts --serve`. See "The simulators" in docs/cmdhost.md.

const esprit: Application = {
  name: 'ESPRIT',
  licenceBusy: 'ESPRIT_LICENCE_BUSY',
  opening: 'Opening the CAM model',
  working: 'Machining',
  commands: new Map([
    ['GenerateNcProgram', planned((plan) => [ncOutput(plan), sheetOutput(plan)])],
    ['PostProcess', planned((plan) => [ncOutput(plan)])],
    ['ExportSetupSheet', planned((plan) => [sheetOutput(plan)])],
    ['Simulate', planned(() => [])],
  ]),
};

function planned(write: (plan: Plan) => Output[]): (job: AdapterJob) => Promise<Made> {
  return async (job) => {
    const plan = await makePlan(job);
    return { outputs: write(plan), summary: `cycle time ${plan.cycleTimeMinutes.toFixed(1)} min` };
  };
}

function ncOutput(plan: Plan): Output {
  return {
    fileName: `${programName(plan)}.nc`,
    role: 'nc-program',
    contentType: 'text/plain; charset=us-ascii',
    text: ncProgram(plan),
  };
}

function sheetOutput(plan: Plan): Output {
  return {
    fileName: `${programName(plan)}-setup.html`,
    role: 'setup-sheet',
    contentType: 'text/html; charset=utf-8',
    text: setupSheet(plan),
  };
}

await simulate(esprit);
