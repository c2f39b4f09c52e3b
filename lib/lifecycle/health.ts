import { pad, widest } from '../output/columns.ts';
import { FailedError, messageOf } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { describeWall, isWhole, readStanding, wallOf } from '../database/wall.ts';
import { askUrl } from './ask-url.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * The state of every service, and whether the database answers.
 *
 * @throws FailedError if something is not healthy
 */
export async function health({
  environment,
  stack,
  terminal,
  values,
  command,
}: StackRun<Giving<{ JSON: boolean }>>): Promise<void> {
  const [composed, asked, left = []] = await Promise.all([
    stack.health(),
    askUrl(environment),
    stack.application?.leftStopped(),
  ]);
  const services = [...composed, ...asked].map((one) =>
    left.includes(one.service)
      ? { ...one, healthy: false, state: `${one.state}: a run has stopped it, and was ended itself` }
      : one,
  );
  const started = performance.now();
  const database = await stack
    .withClient(stack.database.name, async (client) => {
      const { rows } = await client.query<{ version: string }>(
        "SELECT current_setting('server_version') AS version",
      );
      return { healthy: true, state: `PostgreSQL ${rows[0]!.version} answers` };
    })
    .catch((error: unknown) => ({ healthy: false, state: messageOf(error) }));
  const milliseconds = Math.round(performance.now() - started);
  const isWalled = database.healthy && wallOf(environment.entry) !== undefined;
  const wall = isWalled ? await readStanding({ environment, stack }) : undefined;
  const rows = [
    ...services,
    {
      service: `database ${stack.database.name}`,
      healthy: database.healthy,
      state: database.healthy ? `${database.state} in ${milliseconds} ms` : database.state,
    },
    // The application works without its wall.
    ...(wall ? [{ service: 'wall', healthy: true, state: describeWall(stack.database.name, wall) }] : []),
  ];
  if (values.JSON) {
    terminal.result(JSON.stringify({ environment: environment.name, services: rows }, null, 2));
  } else {
    const width = widest(rows.map(({ service }) => service));
    for (const { service, healthy, state } of rows) {
      terminal.result(`${healthy ? '✓' : '✗'} ${pad(service, width)}  ${state}`);
    }
  }
  if (wall && !isWhole(wall)) {
    terminal.warn(`the wall of ${environment.name} is not whole`);
    terminal.next(command('db-wall-env', { ENV: environment.name, WALL: 'up' }));
  }
  const sick = rows.filter(({ healthy }) => !healthy);
  if (sick.length > 0) {
    const failing = sick.find(({ state }) => hasFailed(state));
    const runs = composed.some(({ state }) => state.startsWith('running'));
    const asked = { ENV: environment.name };
    throw new FailedError(
      `${environment.name} is not healthy: ${sick.map(({ service }) => service).join(', ')}`,
      {
        hint: failing
          ? `see why, and mend it: ${command('logs', { ...asked, S: failing.service })}; then: ${command('up', asked)}`
          : command(runs && sick.every(({ state }) => state.startsWith('running')) ? 'logs' : 'up', asked),
      },
    );
  }
  terminal.ok(`${environment.name} is healthy`);
}

/**
 * Whether a service ended by itself or restarts again and again: then its log says why. A service that was stopped by a
 * signal, or by a run that was ended, has nothing to say: `up` starts it.
 */
function hasFailed(state: string): boolean {
  const [, how, status] = /^(exited|dead|restarting) \((\d+)\)$/.exec(state) ?? [];
  return how !== undefined && (how === 'restarting' || !['0', '130', '137', '143'].includes(status!));
}
