import { about, type Finding } from './finding.ts';

const found = about('proxy');

/** What the environment says about proxies. HTTPS calls go through one when Node is told so; AMQP never does. */
export function checkProxy(environment: Readonly<Record<string, string | undefined>>): Finding[] {
  const proxy = environment['HTTPS_PROXY'] ?? environment['https_proxy'];
  if (!proxy) return [];
  const service =
    'AMQP (port 5671) does not go through it: let the firewall pass it to *.servicebus.windows.net';
  if (environment['NODE_USE_ENV_PROXY'] === '1')
    return [found.warning('HTTPS_PROXY is set and used for HTTPS', service)];
  return [
    found.warning(
      'HTTPS_PROXY is set and not used',
      `set NODE_USE_ENV_PROXY=1 for the agent if HTTPS must go through it; ${service}`,
    ),
  ];
}
