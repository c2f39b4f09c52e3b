import type { DestructiveRun } from '../run/run.ts';
import type { GuardRequest } from './request.ts';
/**
 * The one gate in front of everything that destroys data:
 *
 * name → policy on the facts → preflight → lock → backup first → what will be destroyed, on one screen → the name typed
 * → countdown → the facts once more → journal → the deed → journal.
 *
 * @throws RefusedError · CancelledError; nothing was touched then, unless the deed had begun
 */
export declare function passGuard(
  request: GuardRequest,
  deed: (run: DestructiveRun) => Promise<void>,
): Promise<void>;
