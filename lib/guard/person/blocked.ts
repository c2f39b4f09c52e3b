import { RefusedError } from '../../errors.ts';

/** How the screen describes a task: "DB reset on vm_prod is BLOCKED". */
export interface Action {
  readonly what: string;
  readonly effect: 'destroy' | 'change' | 'migrate';
  /** The command line with FORCE=1. */
  readonly forced: string;
  /** The command line that takes a backup. */
  readonly backup: string;
}

const BAR = '❌'.repeat(32);

/** The refusal for a protected environment, as a banner that nobody overlooks. */
export class BlockedError extends RefusedError {
  /** @param exportedForce FORCE that does not count, and who exports it: `FORCE=1 is exported in your shell` */
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
      lines.push('', `${exportedForce}; it counts only on the command line.`);
    }
    super([BAR, ...lines.map((line) => `❌  ${line}`.trimEnd()), BAR].join('\n'));
  }
}
