import { endRun } from './sql-server.ts';

export default endRun;
