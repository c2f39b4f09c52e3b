import type { Command } from '../../../system/command.ts';
import { type Result, type RunOptions } from '../../../system/process.ts';
/**
 * Runs a `docker compose` command by the plugin itself: docker takes as long to find it as the plugin to do its work.
 * By docker where that may look elsewhere for it, and where a context is pinned, which is for docker to follow.
 *
 * @param asksEngine without, a context does not matter
 */
export declare function runCompose(
  command: Command,
  options?: RunOptions,
  asksEngine?: boolean,
): Promise<Result>;
/** @param settings docker's own folder */
export declare function findPlugin(settings: string, system?: readonly string[]): string | undefined;
