import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { gone, moment, processesOf, useEmbedded } from '../helpers/embedded.ts';
import type { Running } from '../helpers/processes.ts';

const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';

const scratch = useEmbedded();
const folder = (): string => scratch.path('.embedded/.scratch');
const runs = (): string[] => readdirSync(folder()).filter((name) => name.startsWith('run-'));
const check = 'al-check ENV=local_demo BOOTSTRAP_ROLES_SQL=roles.sql';

/** One revision, which says that it has begun and then takes its time. */
function revision(sleep: number): void {
  scratch.write(
    `${VERSIONS}/a1.py`,
    `from alembic import op\n\nrevision, down_revision = "a1", None\n\n\ndef upgrade():\n    open(${JSON.stringify(scratch.path('begun'))}, "a").write("x")\n    op.execute("SELECT pg_sleep(${sleep})")\n    op.execute("CREATE TABLE item (id int)")\n\n\ndef downgrade():\n    op.execute("DROP TABLE item")\n`,
  );
}

/** Of one al-check. */
const SERVERS = 3;

async function underWay(): Promise<Running> {
  rmSync(scratch.path('begun'), { force: true });
  const running = scratch.startTask(check);
  // The walk, the upgrade beside it, and the walk with rows.
  await moment(() => existsSync(scratch.path('begun')) && statSync(scratch.path('begun')).size >= SERVERS);
  return running;
}

beforeAll(() => {
  rmSync(scratch.path(VERSIONS), { recursive: true });
  scratch.write('roles.sql', 'SELECT 1;\n');
});

test('after kill -9 the next run removes the servers and their folders; those of a living one stay', async () => {
  revision(600);
  const killed = await underWay();
  expect(runs()).toHaveLength(SERVERS);
  process.kill(-killed.child.pid!, 'SIGKILL');
  await killed.ended;
  const left = processesOf(folder());
  expect(left.length).toBeGreaterThan(0);

  const living = await underWay();
  expect(runs()).toHaveLength(SERVERS);
  for (const { pid } of left) await gone(pid);

  revision(0);
  const { stdout } = await scratch.mustTask(check);
  expect(stdout).toMatch(/^✓ down and up again +1 revision$/m);
  expect(runs()).toHaveLength(SERVERS);

  living.interrupt();
  expect((await living.ended).status).toBe(130);
  // A task ends two seconds after Ctrl-C. On a busy machine that may not do; then the next run does the rest.
  if (runs().length > 0) await scratch.mustTask(check);
  expect(runs()).toEqual([]);
  expect(processesOf(folder())).toEqual([]);
});

test('two at once do not disturb one another', async () => {
  revision(1);
  const both = await Promise.all([scratch.mustTask(check), scratch.mustTask(check)]);
  for (const { stdout } of both) expect(stdout).toMatch(/^✓ same in the end /m);
  expect(runs()).toEqual([]);
});

test('the servers are for their owner only, and so is what they hold', async () => {
  revision(600);
  const living = await underWay();
  for (const name of runs()) {
    expect(statSync(scratch.path('.embedded/.scratch', name)).mode & 0o077).toBe(0);
    expect(statSync(scratch.path('.embedded/.scratch', name, 'data')).mode & 0o077).toBe(0);
    expect(existsSync(scratch.path('.embedded/.scratch', name, 'password.new'))).toBe(false);
  }
  // The password of the server is in no process's arguments.
  const words = processesOf(scratch.root).map((one) => one.words.join(' '));
  expect(words.join('\n')).not.toMatch(/password/i);
  living.interrupt();
  await living.ended;
});
