import { RefusedError } from '../../errors.ts';

/** What a destructive task does, in the words of the screen: "DB reset on vm_prod is BLOCKED". */
export interface Action {
  readonly what: string;
  readonly effect: 'destroy' | 'change';
  /** The line to type once the person is sure. */
  readonly forced: string;
  /** The line that takes a backup. */
  readonly backup: string;
}

const BAR = '❌'.repeat(32);

/** The refusal of a protected environment, as a banner that cannot be overlooked. */
export class BlockedError extends RefusedError {
  /** @param exportedForce FORCE as the shell exports it, which does not count */
  constructor(name: string, action: Action, exportedForce: string | undefined) {
    const lines = [
      `ERROR: ${action.what} on ${name} is BLOCKED`,
      '',
      `This operation will ${action.effect.toUpperCase()} production database!`,
      '',
      `${name} is protected. If you are sure:`,
      `  1. take a backup:  ${action.backup}`,
      `  2. then type:      ${action.forced}`,
    ];
    if (exportedForce !== undefined) {
      lines.push('', `FORCE=${exportedForce} is exported in your shell; it counts only on the command line.`);
    }
    super([BAR, ...lines.map((line) => `❌  ${line}`.trimEnd()), BAR].join('\n'));
  }
}
