import type { Attention } from './attention.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** For a command that talks to another machine: how to find out whether that still answers. */
  readonly attention?: Attention;
}
