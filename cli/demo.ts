import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DemoApi, connect } from './demo/api.ts';
import { expect } from './demo/expect.ts';
import { steer } from './demo/steering.ts';
import { createRouting, follow, history, orderWithCrash, sha256Of, upload } from './demo/steps.ts';
import { stateFolder } from './stack-file.ts';

const HELP = `Does the main job against the running stack, step by step, and checks every result.

Usage: npm run demo [-- --file PATH]

  --file   the model or program to upload (default: a small part that comes with the project)

Then an operator steers: cancels a run that hangs, is told of a failure, has it run again, and puts a refused message back.

The NC program it gets is written to <MCMS_STATE_DIR>/demo/. Exit code 0 only if every step held.`;

const BUNDLED = join(import.meta.dirname, 'demo', 'bracket.stl');

async function demo(file: string): Promise<void> {
  const timed = stopwatch();
  const bytes = await readFile(file);
  const api = await connect(process.env, { role: 'Mcms.Engineer', name: 'engineer@mcms.local' });
  timed(`signed in as an engineer at ${api.apiUrl}`);

  const routing = await createRouting(api);
  timed(`routing ${routing.routingCode} on ${routing.itemCode} revision ${routing.revisionCode}, Draft`);

  const uploaded = await upload(api, routing, { fileName: basename(file), bytes });
  expect(uploaded.status === 'Available', `the upload is ${uploaded.status}`);
  timed(`uploaded ${basename(file)}: ${bytes.length} bytes, verified`);

  const sent = sha256Of(bytes);
  expect(sha256Of(await api.download(uploaded.fileId)) === sent, 'the stored bytes differ from the file');
  timed(`read it back: SHA-256 ${sent} on both sides`);

  const order = await orderWithCrash(api, routing);
  timed(`ordered an NC program; ESPRIT is told to crash in its first attempt (command ${order.commandId})`);

  const command = await follow(
    api,
    order.commandId,
    ({ status, attempt, maxAttempts, waitReason, error }) => {
      const facts = [
        status,
        `attempt ${attempt} of ${maxAttempts}`,
        waitReason,
        error && `${error.code}: ${error.message}`,
      ];
      timed(`  ${facts.filter(Boolean).join(' · ')}`);
    },
  );
  expect(command.status === 'Succeeded', `the command ended as ${command.status}`);
  const outcomes = command.attempts.map((attempt) => attempt.error?.code ?? attempt.status).join(', ');
  expect(command.attempts.length === 2, `expected one crash and one success, found ${outcomes}`);
  timed(`attempts: ${outcomes}`);

  const entries = await history(api, routing);
  for (const { changedAt, changeType, field, changedBy } of entries.toReversed()) {
    console.log(`           ${changedAt}  ${changeType.padEnd(18)} ${(field ?? '').padEnd(24)} ${changedBy}`);
  }
  for (const wanted of ['FileAdded', 'CommandRequested', 'CommandRetrying', 'CommandSucceeded']) {
    expect(
      entries.some((entry) => entry.changeType === wanted),
      `the history lacks ${wanted}`,
    );
  }
  timed(`history: ${entries.length} entries`);

  const program = command.files.find((made) => made.role === 'nc-program');
  if (!program) throw new Error('the command made no NC program');
  const nc = await api.download(program.fileId);
  expect(sha256Of(nc) === program.sha256, 'the downloaded NC program is not the one that was made');
  const folder = join(stateFolder(process.env), 'demo');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, program.fileName), nc);
  timed(`downloaded ${program.fileName} (${nc.length} bytes), SHA-256 ${program.sha256}, to ${folder}`);
  await steer({ engineer: api, operator: await asOperator(), routing, say: timed });
  console.log('\nAll steps held.');
}

function asOperator(): Promise<DemoApi> {
  return connect(process.env, { role: 'Mcms.Operator', name: 'operator@mcms.local' });
}

/** Prints each step with the time since the one before. */
function stopwatch(): (step: string) => void {
  let last = performance.now();
  return (step) => {
    const now = performance.now();
    console.log(`${`${Math.round(now - last)} ms`.padStart(9)}  ${step}`);
    last = now;
  };
}

try {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', default: BUNDLED },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(HELP);
  else await demo(values.file);
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
