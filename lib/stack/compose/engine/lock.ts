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
 * A lock that the engine keeps, for a project whose server is stopped and can keep none: a container, whose name only
 * one can have. It ends with its standard input, hence with the client that holds that, on whichever machine that is,
 * and the engine removes it.
 *
 * @param image one that the engine has; without one there is no lock
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
  // Made and never started, by a client that was killed in between; or gone by now.
  await run(docker('rm', name));
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
  // Its own process group: Ctrl-C must not take the lock away from what is being ended.
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
