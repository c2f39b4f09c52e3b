import type { Attention } from './attention.ts';
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** How to find out whether the other side still answers, of a command that asks somebody else. */
  readonly attention?: Attention;
}
