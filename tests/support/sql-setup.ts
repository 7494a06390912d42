import { beginRun } from './sql-server-databases.ts';

export default beginRun;
