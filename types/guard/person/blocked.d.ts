import { RefusedError } from '../../errors.ts';
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
export declare class BlockedError extends RefusedError {
  /** @param exportedForce FORCE as the shell exports it, which does not count */
  constructor(name: string, deed: Deed, exportedForce: string | undefined);
}
