import { beforeEach, expect, test, vi } from 'vitest';
import type { Target } from '../../lib/stack/stack.ts';
import { readTarget, type About } from '../../lib/stack/compose/connection/target.ts';

beforeEach(() => {
  vi.stubEnv('DOCKER_HOST', 'unix:///run/a.sock');
  return () => vi.unstubAllEnvs();
});

/** A stack on an engine that has at most one container, and counts how often it is asked where it is. */
function stack(container: string | undefined, state = 'running') {
  const hosts = vi.fn(() => ({ Name: 'vm7' }));
  const listed = container === undefined ? [] : [{ Id: container, Names: [], Labels: null, Mounts: [] }];
  const inspected = {
    ...{ Id: container, State: { Status: state, ExitCode: 0 }, Config: { Env: [] } },
    ...{ HostConfig: {}, Mounts: [] },
  };
  const answers: Record<string, () => unknown> = {
    '/info': hosts,
    '/containers/json': () => listed,
    [`/containers/${container}/json`]: () => inspected,
  };
  const about = {
    environment: { entry: {}, project: 'shop' },
    config: { services: { db: {} } },
    settings: { name: 'core', user: 'app' },
    databaseService: 'db',
    engine: { ask: (path: string) => Promise.resolve(answers[path]?.()) },
  } as unknown as About;
  const look = (seen?: Target): Promise<Target> => readTarget(about, Promise.resolve(undefined), seen);
  return { look, hosts };
}

test('the name of the host is asked for once as long as the same container is there', async () => {
  const { look, hosts } = stack('0123456789abcdef');
  const seen = await look();
  expect(seen).toMatchObject({ host: 'vm7', server: 'container 0123456789ab (running)' });
  expect(await look(seen)).toEqual(seen);
  expect(hosts).toHaveBeenCalledTimes(1);
});

test.each([
  ['another container is there', '0123456789abcdef', stack('fedcba9876543210')],
  ['it does not run any more', '0123456789abcdef', stack('0123456789abcdef', 'exited')],
  ['it is gone', '0123456789abcdef', stack(undefined)],
  ['there was none', undefined, stack('0123456789abcdef')],
  ['there is none, as before', undefined, stack(undefined)],
])('it is asked for again where %s', async (_why, before, { look, hosts }) => {
  const seen = { ...(await stack(before).look()), host: 'another' };
  expect((await look(seen)).host).toBe('vm7');
  expect(hosts).toHaveBeenCalledTimes(1);
});
