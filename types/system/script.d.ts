import type { Command } from './command.ts';
/** A TypeScript file as a program, in a process of its own, without npx. */
export declare const scriptCommand: (file: string, ...words: string[]) => Command;
