import { type Readable, type Writable } from 'node:stream';
import { type Result, type RunOptions } from '../../../system/process.ts';
import { type Engine } from './engine.ts';
/** A process in a container, as a child process of ours would be. */
export interface Process {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Its exit status. Rejects when the engine does not answer. */
  readonly ended: Promise<number>;
  /** Lets go of it: it sees its input end, and a pipe that nobody reads. @param status what it then ended with */
  readonly kill: (status?: number) => void;
  /** Whether it holds this process from ending. */
  readonly hold: (holds: boolean) => void;
}
interface How {
  /** Without one it has no input. */
  readonly input?: boolean;
  /** Added to what the container has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; else where the image says. */
  readonly folder?: string;
  /** Who runs it; else whom the container is made for. */
  readonly user?: string;
}
/**
 * Starts a command in a container, by the engine's API: what `docker exec` does, without a docker process for each.
 *
 * https://docs.docker.com/reference/api/engine/version/v1.48/#tag/Exec
 */
export declare function startIn(
  engine: Engine,
  container: string,
  words: readonly string[],
  { input, env, folder, user }?: How,
): Process;
/**
 * Runs a command in a container and waits for it, whatever its status; the counterpart of `run` for a command here.
 *
 * @throws UnreachableError when the engine does not answer; what is wrong with the input, the command ended then
 */
export declare function runIn(
  engine: Engine,
  container: string,
  words: readonly string[],
  { input, output, onLine, ...how }?: Pick<RunOptions, 'input' | 'output' | 'onLine'> & Omit<How, 'input'>,
): Promise<Result>;
export {};
