import './not-found.ts';
import { app } from '@azure/functions';

app.http('list-things', { route: 'items', methods: ['GET'], handler: () => ({ jsonBody: [] }) });
