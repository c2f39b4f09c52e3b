import type { EnvironmentEntry } from '../../../environment/entry.ts';
import type { Command } from '../../../system/command.ts';
import { run, type Result, type RunOptions } from '../../../system/process.ts';
/** A docker command on one environment's engine. */
export type Docker = (...args: string[]) => Command;
/**
 * Commands for the engine that the registry entry pins, else for the one that docker chooses by itself. One that is
 * silent goes on as long as the engine is there: it may be building.
 */
export declare function dockerOf(entry: Pick<EnvironmentEntry, 'engine'>): Docker;
/**
 * Runs a docker command that must succeed.
 *
 * @param how it is run
 * @throws UnreachableError when docker is not installed or its engine does not answer
 * @throws FailedError with what docker said
 */
export declare function must(command: Command, options?: RunOptions, how?: typeof run): Promise<Result>;
export declare function dockerError(command: Command, { status, stderr }: Result): Error;
