import type { EnvironmentEntry } from '../environment/registry.ts';
import { RefusedError } from '../errors.ts';

/** What a destructive task does, in the words of the screen: "DB reset on vm_prod is BLOCKED". */
export interface Deed {
  readonly what: string;
  readonly effect: 'destroy' | 'change';
  /** The line to type once the person is sure. */
  readonly forced: string;
  /** The line that takes a backup. */
  readonly backup: string;
}

/** The refusal of a protected environment, as a banner that cannot be overlooked. */
export class BlockedError extends RefusedError {
  constructor(name: string, deed: Deed, notes: readonly string[]) {
    const lines = [
      `ERROR: ${deed.what} on ${name} is BLOCKED`,
      '',
      `This operation will ${deed.effect.toUpperCase()} production database!`,
      '',
      `${name} is protected. If you are sure:`,
      `  1. take a backup:  ${deed.backup}`,
      `  2. then type:      ${deed.forced}`,
      ...notes.flatMap((note) => ['', note]),
    ];
    super([BAR, ...lines.map((line) => `❌  ${line}`.trimEnd()), BAR].join('\n'));
  }
}

const BAR = '❌'.repeat(32);

/**
 * Whether the registry allows a destructive task on an environment at all.
 *
 * @param exportedForce FORCE as the shell exports it, which does not count
 */
export function checkPolicy(
  name: string,
  entry: Pick<EnvironmentEntry, 'protected'>,
  force: boolean,
  exportedForce: string | undefined,
  deed: Deed,
): BlockedError | undefined {
  if (!entry.protected || force) return undefined;
  const notes =
    exportedForce === undefined
      ? []
      : [`FORCE=${exportedForce} is exported in your shell; it counts only on the command line.`];
  return new BlockedError(name, deed, notes);
}

export const PROTECTED_MINIMUM_WAIT = 5;

/** Seconds to wait before the deed: never under five on a protected environment. */
export const waitSeconds = (entry: Pick<EnvironmentEntry, 'protected'>, asked: number): number =>
  entry.protected ? Math.max(PROTECTED_MINIMUM_WAIT, asked) : asked;
