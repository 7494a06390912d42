import { beginRun } from './sql-server.ts';

export default beginRun;
