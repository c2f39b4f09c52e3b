import { findLeftovers } from '../database/replace/leftovers.ts';
import { markWith } from '../database/marker.ts';
import { maintenanceDatabase } from '../stack/postgres/maintenance-database.ts';
import { pad, widest } from '../output/columns.ts';
import { FailedError, UsageError, messageOf } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { whileUnfinished } from '../system/unfinished.ts';
import { askUrl } from './ask-url.ts';
import { createDatabase, isMissing } from '../stack/postgres/create-database.ts';
import type { Orphans } from '../stack/stack.ts';

/** Starts the stack, and opens the database again where a reset or restore was killed that had closed it. */
async function begin(run: StackRun, start: () => Promise<void>): Promise<void> {
  const { undoInterrupted } = await import('../database/replace/interrupted.ts');
  let failure: { error: unknown } | undefined;
  const { command, environment } = run;
  const unfinished = `services that may be half started (${command('ps', { ENV: environment.name })})`;
  await whileUnfinished(unfinished, start)
    .then(() => ready(run))
    .catch((error: unknown) => (failure = { error }));
  if (!failure) return;
  // A closed database does not answer.
  const opened = failure.error instanceof FailedError && (await undoInterrupted(run));
  if (!opened) await makeMissing(run, failure.error);
  await ready(run);
}

/**
 * An image makes a database with new storage only; data that were made with another name, or whose database somebody has
 * dropped, have none.
 *
 * @throws what it is given, where that is something else
 */
async function makeMissing({ stack, terminal }: StackRun, failure: unknown): Promise<void> {
  if (!isMissing(failure)) throw failure;
  const { name } = stack.database;
  await stack.withClient(maintenanceDatabase(name), (client) => createDatabase(client, stack.database));
  terminal.warn(`there was no database ${name}: an empty one was made`);
}

/** The database answers: what there is to see to, on one connection, because people wait for it. */
async function ready(run: StackRun): Promise<void> {
  const { environment, stack, terminal, actor, command } = run;
  const { isInterrupted, undoInterrupted } = await import('../database/replace/interrupted.ts');
  if (actor.dryRun) return void (await undoInterrupted(run));
  const { name } = stack.database;
  const [leftovers] = await Promise.all([
    stack.withClient(name, async (client) => {
      await markWith(client, run);
      return findLeftovers(client, name);
    }),
    stack.checkPassword(),
  ]);
  // A database that was half made beside it is in nobody's way.
  if (isInterrupted(leftovers)) await undoInterrupted(run);
  terminal.ok(`${environment.name}: database ${name} answers`);
  terminal.next(command('db-bootstrap-roles-env', { ENV: environment.name }));
}

export async function up(run: StackRun): Promise<void> {
  const build = run.environment.entry.local === true;
  const { TIMEOUT: timeout, ORPHANS: orphans } = run.values as { TIMEOUT: number; ORPHANS: Orphans };
  const only = onlyDatabase(run);
  await begin(run, () => run.stack.up({ build, timeout, orphans, ...only }));
}

/** @throws UsageError for another service: what is to wait for an answer is the database */
function onlyDatabase({ values, stack, command, environment }: StackRun): { only?: 'database' } {
  const service = values['S'] as string | undefined;
  if (service === undefined) return {};
  const { service: known } = stack.database;
  if (service === known) return { only: 'database' };
  const [all, one] = [{ ENV: environment.name }, { ENV: environment.name, S: known }];
  throw new UsageError(`S=${service}: up starts everything, or the database alone`, {
    hint: `${command('up', one)}\n${command('up', all)}`,
  });
}

export async function down({ environment, stack, terminal, actor, command }: StackRun): Promise<void> {
  const { found, advice } = await stack.down();
  if (actor.dryRun) return;
  terminal.ok(`${environment.name} is stopped; ${found}`);
  advice.forEach((line) => terminal.next(line));
  terminal.next(command('up', { ENV: environment.name }));
}

export async function restart(run: StackRun): Promise<void> {
  await begin(run, () => run.stack.restart({ timeout: run.values['TIMEOUT'] as number }));
}

export async function rebuild(run: StackRun): Promise<void> {
  const { values, stack } = run;
  const options = {
    pull: values['PULL'] as boolean,
    noCache: values['NO_CACHE'] as boolean,
    buildkit: values['BUILDKIT'] as boolean,
    progress: values['PROGRESS'] as string | undefined,
    timeout: values['TIMEOUT'] as number,
    orphans: values['ORPHANS'] as Orphans,
  };
  await begin(run, () => stack.rebuild(options));
}

export async function ps({ environment, stack, terminal, command }: StackRun): Promise<void> {
  await stack.ps();
  terminal.next(command('health', { ENV: environment.name }));
}

export async function logs({ stack, values, terminal }: StackRun): Promise<void> {
  // Elsewhere than on a terminal nobody waits for more.
  const follow = (values['FOLLOW'] as boolean | undefined) ?? terminal.showsResult;
  // Nor where the reader has gone: `make logs FOLLOW=1 | head`.
  if (follow) process.stdout.once('error', () => process.kill(process.pid, 'SIGTERM'));
  await stack.logs({ service: values['S'] as string | undefined, follow, tail: values['TAIL'] as number });
}

export async function config({ stack, terminal }: StackRun): Promise<void> {
  terminal.result(await stack.config());
}

/** State of every service, and whether the database answers. Status 1 when something is not as it should be. */
export async function health({ environment, stack, terminal, values, command }: StackRun): Promise<void> {
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
  const rows = [
    ...services,
    {
      service: `database ${stack.database.name}`,
      healthy: database.healthy,
      state: database.healthy ? `${database.state} in ${milliseconds} ms` : database.state,
    },
  ];
  if (values['JSON'] === true) {
    terminal.result(JSON.stringify({ environment: environment.name, services: rows }, null, 2));
  } else {
    const width = widest(rows.map(({ service }) => service));
    for (const { service, healthy, state } of rows) {
      terminal.result(`${healthy ? '✓' : '✗'} ${pad(service, width)}  ${state}`);
    }
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
 * Whether a service ended by itself, or is started again and again: its log says why. What was stopped, by the engine's
 * signals or because another run was ended, has nothing to say: `up` starts it.
 */
function hasFailed(state: string): boolean {
  const [, how, status] = /^(exited|dead|restarting) \((\d+)\)$/.exec(state) ?? [];
  return how !== undefined && (how === 'restarting' || !['0', '130', '137', '143'].includes(status!));
}
