import { simulate } from '../simulator/simulate.ts';
import { solidworks } from './solidworks.ts';

// A stand-in for SolidWorks: `main.ts --job FILE` or `main.ts --serve`. See "The simulators" in docs/cmdhost.md.

await simulate(solidworks);
