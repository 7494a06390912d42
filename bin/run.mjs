// Starts a TypeScript entry of this project on a Node that can run it, or says in one sentence why not.
// Usage: node bin/run.mjs <entry.ts> [arguments]
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const REQUIRED_MAJOR = 24;
const major = Number(process.versions.node.split('.')[0]);
const [entry, ...rest] = process.argv.slice(2);

if (major < REQUIRED_MAJOR) {
  console.error(
    `MCMS needs Node ${REQUIRED_MAJOR} or newer and this is ${process.versions.node}. ` +
      `Run it through npm (for example \`npm start\`): npm uses the Node ${REQUIRED_MAJOR} that \`npm ci\` installed.`,
  );
  process.exit(1);
}
if (!entry) {
  console.error('Usage: node bin/run.mjs <entry.ts> [arguments]');
  process.exit(2);
}
process.argv = [process.argv[0], resolve(entry), ...rest];
await import(pathToFileURL(resolve(entry)).href);
