import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from './command.ts';

/** The suffix of makesafe's own files: `.js` in the package, `.ts` in its repository. */
export const SUFFIX = extname(fileURLToPath(import.meta.url));

/** The command that runs one of makesafe's files in a process of its own, without npx. */
export const scriptCommand = (file: string, ...words: string[]): Command => ({
  file: process.execPath,
  args: [...(SUFFIX === '.ts' ? ['--import', tsx()] : []), file, ...words],
});

const tsx = (): string => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
