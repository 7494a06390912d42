import { endRun } from './sql-server-databases.ts';

export default endRun;
