import { createServer } from 'node:http';
import { portTakenMessage, runChild } from '../../../local/child.ts';

// A part that does nothing but listen on a port, or that fails as FAKE_FAILURE says.
await runChild('fake part', async () => {
  const [, , portSetting = ''] = process.argv;
  if (process.env['FAKE_FAILURE'] === portSetting) throw new Error('the licence file is missing');
  const port = Number(process.env[portSetting] ?? '0');
  const server = createServer((_request, response) => response.end(String(process.pid)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new Error(portTakenMessage(port, portSetting))));
    server.listen(port, '127.0.0.1', resolve);
  });
  console.log(`listening on ${port}`);
  console.error('one warning');
  return {
    facts: { port },
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
});
