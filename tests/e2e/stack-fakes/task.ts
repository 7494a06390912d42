// A task that succeeds, or fails with a sentence.
if (process.env['FAKE_FAILURE'] === 'task') {
  console.error('the disk is full');
  process.exitCode = 3;
}
