// The smallest adapter that keeps the whole contract ("Writing an adapter" in docs/cmdhost.md): it writes a tool list of the routing.
// cmdhost.json: "adapters": [{ "application": "esprit", "command": ["C:\\…\\node.exe", "C:\\…\\adapter.mjs"] }]
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// When stdin ends, the agent is gone: stop at once. Whatever this program had started would have to end here, too.
process.stdin.resume().once('end', () => process.exit(3));

const [option, jobFile] = process.argv.slice(2);
if (option !== '--job' || !jobFile) throw new Error('usage: adapter.mjs --job FILE');
const job = JSON.parse(readFileSync(jobFile, 'utf8'));

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** The result appears whole: under another name first, then renamed. */
function end(result) {
  writeFileSync(`${job.resultFile}.tmp`, JSON.stringify({ schemaVersion: 1, ...result }));
  renameSync(`${job.resultFile}.tmp`, job.resultFile);
  process.exit(0);
}

if (job.schemaVersion !== 1 || job.commandType !== 'ExportSetupSheet')
  end({
    outcome: 'failed',
    // Not retryable: the next attempt would meet the same adapter.
    error: { code: 'COMMAND_UNKNOWN', message: `no ${job.commandType} here`, retryable: false },
  });

const lines = job.routing.steps.map((step, index, { length }) => {
  say({
    type: 'progress',
    phase: `Step ${step.sequence}`,
    percent: Math.round((100 * (index + 1)) / length),
  });
  return `${step.sequence}\t${step.toolInformation ?? 'no tool'}`;
});

// The file's name is made here: no name or parameter of the job ever becomes a path.
writeFileSync(join(job.outputFolder, 'tools.txt'), `${lines.join('\n')}\n`);
say({ type: 'log', level: 'info', message: `${lines.length} steps for ${job.routing.machine}` });
end({
  outcome: 'succeeded',
  outputs: [{ fileName: 'tools.txt', role: 'tool-list', contentType: 'text/plain' }],
});
