/** Signs calls to the local Communication Services, as a resource's access key does on Azure. It protects nothing. */
export const CAPTURE_KEY = Buffer.from('local key of the capture server').toString('base64');

export const CAPTURE_PATHS = {
  page: '/',
  messages: '/messages',
  faults: '/faults',
  teams: '/workflows/mcms/triggers/manual/paths/invoke',
  email: '/emails:send',
  emailOperations: '/emails/operations/',
  sms: '/sms',
} as const;

export function captureUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Where the stack's notifications go: all three channels, to people at addresses that cannot exist. */
export function captureSettings(port: number): Record<string, string> {
  const url = captureUrl(port);
  return {
    Notifications__Teams__WebhookUrl: url + CAPTURE_PATHS.teams,
    CommunicationServices: `endpoint=${url}/;accesskey=${CAPTURE_KEY}`,
    Notifications__Email__From: 'mcms@shop.example',
    Notifications__Email__Operators: 'operators@shop.example',
    Notifications__Email__PersonDomain: 'shop.example',
    Notifications__Sms__From: '+821000000000',
    Notifications__Sms__Operators: '+821000000001',
  };
}
