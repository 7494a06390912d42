import { writeFile } from 'node:fs/promises';

/** The Functions host looks for one entry, `dist/main.js` (package.json `main`); tsc has put the app's own under dist/functions. */
await writeFile('dist/main.js', "import './functions/main.js';\n");
