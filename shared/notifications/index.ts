export type { EndedCommand, Notices } from './notices.ts';
export { silentNotices } from './notices.ts';
