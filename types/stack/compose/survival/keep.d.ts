import type { Actor } from '../../../output/actor.ts';
import type { Command } from '../../../system/command.ts';
import { type Outcome } from '../../../output/check-result.ts';
import type { Terminal } from '../../../output/terminal.ts';
import type { Stopped } from '../../stack.ts';
import { type About } from './situation.ts';
export interface KeepOptions extends About {
  readonly actor: Actor;
  readonly terminal: Terminal;
  /** Runs a compose command, its output where the person sees it. */
  readonly change: (command: Command) => Promise<unknown>;
}
/** Stands before whatever removes, stops or replaces containers: the data of a database is not lost by it in silence. */
export interface Keeper {
  /**
   * @param build images are about to be built
   * @throws RefusedError when `up` would leave the data behind, with what to change
   */
  beforeUp(build: boolean): Promise<void>;
  /** @throws RefusedError when the data is gone once its container stops */
  beforeRestart(): Promise<void>;
  /** `compose down`, or `compose stop` where the data would not be found again. @throws RefusedError */
  down(): Promise<Stopped>;
  /** Whether the next container finds the data again. */
  look(): Promise<Outcome>;
  /** Whether a server that is started now finds data. */
  findsData(): Promise<boolean>;
  /** Keeps on record where the data is, and warns where it would not stay. */
  afterUp(): Promise<void>;
  /** What was on record is gone, and was meant to. */
  forget(): Promise<void>;
}
export declare function keeper(options: KeepOptions): Keeper;
