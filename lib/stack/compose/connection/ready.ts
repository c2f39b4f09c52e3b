import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError, UnreachableError, messageOf } from '../../../errors.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { findContainer } from '../containers/containers.ts';
import type { Container } from '../containers/container.ts';
import type { Docker } from '../engine/docker.ts';
import type { AskEngine } from '../engine/engine.ts';
import type { ConnectOptions } from './connect.ts';
import { whileWaiting } from '../../../output/waiting.ts';
import { run } from '../../../system/process.ts';
import { LIMITS } from '../../../system/limits.ts';

const INTERVAL_MS = 100;
/** Seconds that one attempt waits until the server listens; then the container's state is read again. */
const LISTEN = 5;
/** Milliseconds for the server's answer, at least and at most: one hanging attempt must not use the whole timeout. */
const [ANSWER_MS, PATIENT_MS] = [2_000, 20_000];

/**
 * Waits until the database answers a query over TCP inside its container. The temporary server that the official
 * image runs during the first start listens on the socket only, so it cannot be mistaken for the real one.
 *
 * @param probe opens a session on the server in a container
 * @param timeout seconds
 * @returns the container's ID
 * @throws UnreachableError after the timeout, or as soon as the container has exited for good, with its last log lines
 * @throws FailedError when the server refuses the session
 */
export async function waitUntilReady(
  docker: Docker,
  ask: AskEngine,
  project: string,
  service: string,
  probe: (container: string, how: ConnectOptions) => Promise<unknown>,
  timeout: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string> {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  return whileWaiting(terminal, LIMITS.firstAnswer.what, answers);

  async function answers(): Promise<string> {
    let container: Container | undefined;
    let last: unknown;
    for (;;) {
      signal.throwIfAborted();
      container = await findContainer(ask, project, service);
      if (container?.State.Status === 'running') {
        const attempt = new AbortController();
        try {
          // The relay waits in the container: so we notice the server's first answer at once, not at the next attempt.
          const wait = Math.min(LISTEN, Math.max(0, Math.ceil(timeout - elapsed())));
          const how = {
            wait,
            timeout: wait * 1000 + Math.max(ANSWER_MS, Math.min(PATIENT_MS, (timeout - elapsed()) * 1000)),
            signal: AbortSignal.any([signal, attempt.signal]),
          };
          await probe(container.Id, how);
          return container.Id;
        } catch (error) {
          attempt.abort();
          if (error instanceof FailedError) throw error;
          last = error;
        }
      }
      const gaveUp = container === undefined || hasGivenUp(container);
      if (gaveUp || elapsed() > timeout) {
        const why = gaveUp
          ? `service ${service} ${container ? `is ${container.State.Status} (status ${container.State.ExitCode})` : 'has no container'}`
          : `no answer within ${timeout} s: ${messageOf(last)}`;
        const log = await lastLogLines(docker, container);
        const hint = remedyFor(log) ?? (gaveUp ? undefined : 'TIMEOUT=<seconds> waits longer');
        throw new UnreachableError(`the database did not start: ${why}${log}`, {
          ...(hint === undefined ? {} : { hint }),
          cause: last,
        });
      }
      await sleep(INTERVAL_MS);
    }
  }
}

/** What a person does, by the reason in the server's log. */
function remedyFor(log: string): string | undefined {
  if (/No space left on device/.test(log))
    return 'the disk with its data is full: remove something else there, then type this again';
  const [, made] = log.match(/initialized by PostgreSQL version (\d+)/) ?? [];
  return made === undefined
    ? undefined
    : `put the image of PostgreSQL ${made} back, then type this again; to go on with the other one: a backup with ${made}, db-reset-volume-env with the other, and restore-from-dump`;
}

/** Whether a container has exited, or its restart policy restarts it again and again. */
const hasGivenUp = ({ State, RestartCount }: Container): boolean =>
  State.Status === 'exited' || State.Status === 'dead' || RestartCount >= 3;

async function lastLogLines(docker: Docker, container: Container | undefined): Promise<string> {
  if (!container) return '';
  const { stdout, stderr } = await run(docker('logs', '--tail', '15', container.Id));
  const lines = (stdout + stderr).trim();
  return lines === '' ? '' : `\nits last log lines:\n${lines}`;
}
