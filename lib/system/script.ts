import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Command } from './command.ts';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A TypeScript file as a program, in a process of its own, without npx. */
export const scriptCommand = (file: string, ...words: string[]): Command => ({
  file: process.execPath,
  args: ['--import', TSX, file, ...words],
});
