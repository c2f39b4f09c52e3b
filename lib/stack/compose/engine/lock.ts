import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childEnvironment, run } from '../../../system/process.ts';
import { whileWaitingFor } from '../../../output/waiting.ts';
import { watchSilence } from '../../../system/attention.ts';
import { mayHang } from '../../../system/cancelling.ts';
import { within } from '../../../system/limit.ts';
import { isRunning, killTree } from '../../../system/process-tree.ts';
import { LIMITS } from '../../../system/limits.ts';
import type { EngineLock } from '../../stack.ts';
import type { Docker } from './docker.ts';

const LABEL = 'makesafe.lock';
const HELD = 'held';

/**
 * Takes a lock on the engine, for a project whose stopped server cannot hold one. The lock is a container, because only
 * one container can have its name. It ends with its standard input, so also when the client that holds it dies, on any
 * machine; then the engine removes it.
 *
 * @param image an image that the engine has
 * @param about who holds it, to show to others
 * @returns undefined when the container cannot start, for instance because the engine does not have the image
 */
export async function lockEngine(
  docker: Docker,
  project: string,
  image: string,
  about: string,
): Promise<EngineLock | undefined> {
  const name = `${project}-makesafe-lock`;
  const taken = await hold(docker, name, image, about);
  if (taken !== 'taken') return taken;
  const look = docker('inspect', '--format', `{{.State.Running}} {{index .Config.Labels "${LABEL}"}}`, name);
  const [, running, holder] = (await run(look)).stdout.match(/^(true|false) (.*)/) ?? [];
  if (running === 'true') return { holder: holder! };
  // A killed client may have created the container and not started it. Or it is already gone.
  await run(docker('rm', '--volumes', name));
  const again = await hold(docker, name, image, about);
  return again === 'taken' ? { holder: 'somebody else' } : again;
}

async function hold(
  docker: Docker,
  name: string,
  image: string,
  about: string,
): Promise<EngineLock | 'taken' | undefined> {
  const { file, args, attention } = docker(
    ...['run', '--rm', '--interactive', '--pull', 'never', '--network', 'none', '--name', name],
    ...['--label', `${LABEL}=${about}`, '--entrypoint', 'sh', image, '-c', `echo ${HELD}; cat >/dev/null`],
  );
  // Its own process group: Ctrl-C must not release the lock while the task is still ending.
  const child = spawn(file, [...args], { env: childEnvironment(), stdio: 'pipe', detached: true });
  child.stdin.on('error', () => {});
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const ended = once(child, 'close').catch(() => {});
  let end!: (reason: Error) => void;
  const cut = new Promise<never>((_resolve, reject) => {
    end = (reason) => {
      if (isRunning(child)) killTree(child.pid!);
      reject(reason);
    };
  });
  cut.catch(() => {});
  void ended.finally(mayHang(end));
  const watch = attention && watchSilence(attention, end);
  const first = once(child.stdout, 'data').then(() => true);
  const answer = Promise.race([first, ended.then(() => false), cut]);
  const holds = await whileWaitingFor(LIMITS.ping.what, answer).finally(() => watch?.stop());
  if (!holds) return /Conflict\. The container name/.test(said) ? 'taken' : undefined;
  return {
    async release() {
      child.stdin.end();
      await within(LIMITS.release, ended, { end: () => killTree(child.pid!) }).catch(() => {});
    },
  };
}
