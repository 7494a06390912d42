import { app } from '@azure/functions';

app.http('never-served', { handler: () => ({}) });
throw new Error('SqlConnection is missing');
