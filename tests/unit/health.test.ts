import { expect, test } from 'vitest';
import { serviceHealth, type Patient } from '../../lib/stack/compose/containers/health.ts';

const patient = (Status: string, ExitCode = 0, policy = 'no', check?: string): Patient => ({
  State: { Status, ExitCode, ...(check === undefined ? {} : { Health: { Status: check } }) },
  HostConfig: { RestartPolicy: { Name: policy } },
});

const services = {
  db: {},
  init: {},
  web: { ports: [{ published: '80' }], depends_on: { migrate: COMPLETED() } },
  migrate: { ports: [{ published: '81' }] },
  none: { deploy: { replicas: 0 } },
};
function COMPLETED(): { condition: string } {
  return { condition: 'service_completed_successfully' };
}

const CASES: [service: string, containers: Patient[], healthy: boolean, state: string][] = [
  ['db', [patient('running', 0, 'no', 'healthy')], true, 'running (healthy)'],
  ['db', [patient('running', 0, 'no', 'starting')], true, 'running (starting)'],
  ['db', [patient('running', 0, 'no', 'unhealthy')], false, 'running (unhealthy)'],
  ['db', [patient('running')], true, 'running'],
  // A server that ended well has ended.
  ['db', [patient('exited', 0)], false, 'exited (0)'],
  ['init', [patient('exited', 0)], true, 'exited (0)'],
  ['init', [patient('exited', 0, 'on-failure')], true, 'exited (0)'],
  ['init', [patient('exited', 3)], false, 'exited (3)'],
  ['init', [patient('exited', 137)], false, 'exited (137)'],
  // The engine would have started it again: somebody stopped it.
  ['init', [patient('exited', 0, 'unless-stopped')], false, 'exited (0)'],
  ['init', [patient('exited', 0, 'always')], false, 'exited (0)'],
  ['init', [patient('exited', 0, 'no', 'healthy')], false, 'exited (0)'],
  ['init', [patient('restarting', 1, 'always')], false, 'restarting (1)'],
  ['init', [patient('created')], false, 'created'],
  ['init', [patient('paused')], false, 'paused'],
  ['init', [patient('dead', 1)], false, 'dead'],
  // What has a port is of use only while it runs, but for what another one waits for.
  ['web', [patient('exited', 0)], false, 'exited (0)'],
  ['migrate', [patient('exited', 0)], true, 'exited (0)'],
  ['migrate', [patient('exited', 1)], false, 'exited (1)'],
  // Of several the worst.
  ['web', [patient('running'), patient('exited', 1), patient('running')], false, 'exited (1)'],
  ['web', [], false, 'not created'],
];

test.each(CASES)('%s %j', (service, containers, healthy, state) => {
  const found = serviceHealth(services, new Map([[service, containers]]), 'db');
  expect(found.find((one) => one.service === service)).toEqual({ service, healthy, state });
});

test('a service of no containers on purpose is none that is missing', () => {
  expect(serviceHealth(services, new Map(), 'db').map(({ service }) => service)).toEqual([
    ...['db', 'init', 'web', 'migrate'],
  ]);
});
