import type { Command } from './command.ts';
export const doctorCommand: Command = { name: 'doctor', summary: '', run: async () => undefined };
