import { simulate } from '../simulator/simulate.ts';
import { esprit } from './esprit.ts';

// A stand-in for ESPRIT: `main.ts --job FILE` or `main.ts --serve`. See "The simulators" in docs/cmdhost.md.

await simulate(esprit);
