import type { Client } from 'pg';
import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
/**
 * Runs `work` beside the environment's database, alone: of two runs, or of one and the remains of a killed one, the
 * second waits.
 *
 * @throws RefusedError when another run is at work on the same database
 */
export declare function beside<T>(
  { stack, actor }: StackRun,
  work: (client: Client) => Promise<T>,
  ended?: number,
): Promise<T>;
/** `beside`, also when the server has to come back first. */
export declare function besideOnceItAnswers<T>(
  run: StackRun,
  work: (client: Client) => Promise<T>,
  ended?: number,
): Promise<T>;
/** Whether an error means that the connection or the server is gone, rather than that a statement was wrong. */
export declare function isLost(error: unknown): boolean;
/** Cancels what a client's session does, once the signal comes, until the returned function is called. */
export declare function cancelOn({ stack, signal }: StackRun, pid: number): () => Promise<void>;
/** Something of the server's is in the way of a change, and goes away by itself. */
export declare class HeldUpError extends FailedError {}
/** Ends all sessions of a closed database and waits until they are gone. @throws HeldUpError */
export declare function endSessions(
  client: Client,
  {
    name,
    oid,
  }: {
    readonly name: string;
    readonly oid: string;
  },
  signal: AbortSignal,
): Promise<void>;
/** Whether what failed was only held up by others, and nothing of it was done. */
export declare const isHeldUp: (error: unknown) => boolean;
