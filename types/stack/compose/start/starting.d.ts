import type { Command } from '../../../system/command.ts';
import type { RunOptions } from '../../../system/process.ts';
import type { Stack } from '../../stack.ts';
import { settleOrphans } from './orphans.ts';
import type { DatabaseSettings } from '../connection/login.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunningContainers } from '../containers/running.ts';
import type { Stopped } from '../containers/stopped.ts';
import type { Keeper } from '../survival/keep.ts';
type Orphaned = Parameters<typeof settleOrphans>[0];
interface About extends Orphaned {
  readonly databaseService: string;
  readonly engine: Engine;
  readonly settings: DatabaseSettings;
  readonly running: RunningContainers;
  readonly keeps: Keeper;
  readonly stopped: Stopped;
  readonly signal: AbortSignal;
  /** Whether compose is given a configuration that was shown, and removes nothing that was not. */
  readonly frozen: boolean;
  /** A compose command that changes something. */
  readonly changing: (...args: string[]) => Command;
  readonly change: (command: Command, how?: RunOptions) => Promise<unknown>;
}
/** All that starts containers, and returns when the database answers. */
export declare function starting(about: About): Pick<Stack, 'up' | 'restart' | 'rebuild'>;
export {};
