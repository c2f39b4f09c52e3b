import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../environment/resolve.ts';
import type { Variable } from '../../environment/env-files.ts';
import { makeActor } from '../../output/actor.ts';
import { writeNewSync } from '../../system/files.ts';
import { holderOf, takeLock } from '../../system/lock.ts';
import { once } from '../../system/memoise.ts';
import { beforeLeaving } from '../../system/tidying.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { openEmbeddedStack } from './embedded.ts';
import { withLock } from './lock.ts';
import { endOrphans } from './processes.ts';
import { removeFolder, stop, type Home } from './server.ts';

/** Nothing of it has to survive a crash, and one transaction may lock all that there is. */
const SETTINGS = [
  ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off'],
  ...['max_wal_size=4GB', 'checkpoint_timeout=1h', 'max_locks_per_transaction=1024'],
];

/** The file in a run's folder that names the process whose it is. */
const OWNER = 'owner';

/** Seconds for the first start. */
const TIMEOUT = 60;

interface Wanted extends Pick<StackOptions, 'alembic' | 'terminal' | 'signal'> {
  /** Name and owner of the database. The owner is a superuser, as in an official image. */
  readonly database: { readonly name: string; readonly user: string };
}

/**
 * Runs `work` on a PostgreSQL server of its own: a new one, with an empty database, in a private folder that is removed
 * at the end. After kill -9 the next run removes it. All connections of its `alembic` are led to it, whatever env.py
 * says; alembic runs on this machine.
 *
 * @param environment whose variables env.py gets; those about the database (POSTGRES_…) are replaced
 * @throws ConfigurationError if there is no embedded PostgreSQL for this machine
 */
export async function withScratchServer<T>(
  environment: Environment,
  { database, ...options }: Wanted,
  work: (stack: Stack, environment: Environment) => Promise<T>,
): Promise<T> {
  const all = join(environment.root, '.embedded', '.scratch');
  // For root, the server may run as another account, which has to pass through.
  mkdirSync(all, { recursive: true, mode: 0o711 });
  writeNewSync(join(all, '.gitignore'), '*\n', 0o644);
  const home = await withLock(all, async () => {
    await removeAbandoned(all);
    return ownFolder(all);
  });
  const end = once(() => remove(home));
  const forget = beforeLeaving(end);
  try {
    const scratch = asScratch(environment, database);
    const password = scratch.variables.get('POSTGRES_PASSWORD')!.value;
    options.terminal.redactor.hide(password, { key: 'POSTGRES_PASSWORD', user: database.user });
    const given = {
      ...{ ...options, actor: makeActor(false, options.terminal) },
      ...{ databaseService: 'db', projects: [], frozen: false },
    };
    const stack = openEmbeddedStack(scratch, given, { home, settings: SETTINGS });
    await stack.up({ build: false, timeout: TIMEOUT });
    return await work(stack, scratch);
  } finally {
    await end();
    forget();
  }
}

const homeIn = (folder: string): Home => ({
  ...{ folder, data: join(folder, 'data'), log: join(folder, 'server.log') },
});

/** A folder of this process. Only under the lock: without its owner it counts as abandoned. */
function ownFolder(all: string): Home {
  const folder = mkdtempSync(join(all, 'run-'));
  takeLock(join(folder, OWNER), 'a scratch server');
  return homeIn(folder);
}

async function removeAbandoned(all: string): Promise<void> {
  const folders = readdirSync(all, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name.startsWith('run-'),
  );
  for (const { name } of folders) {
    if (!holderOf(join(all, name, OWNER))) await remove(homeIn(join(all, name)));
  }
}

async function remove(home: Home): Promise<void> {
  // Immediately: nothing of it has to survive, and after Ctrl-C there are two seconds.
  await stop(home, 'SIGQUIT');
  await endOrphans(home.data);
  await removeFolder(home);
}

/** The environment with a database of its own, whose password nobody knows. */
function asScratch(environment: Environment, { name, user }: Wanted['database']): Environment {
  const own = { place: 'made for this run', plain: true };
  const variables = new Map<string, Variable>([
    ...environment.variables,
    ['POSTGRES_USER', { ...own, value: user, secret: false }],
    ['POSTGRES_DB', { ...own, value: name, secret: false }],
    ['POSTGRES_PASSWORD', { ...own, value: randomBytes(18).toString('base64url'), secret: true }],
  ]);
  return Object.freeze({ ...environment, variables });
}
