import type { BenchProject } from './project.ts';

/** Two ways to the same end, timed in turns in one run. */
export interface Figure {
  readonly name: string;
  /** What stands against it, in words. */
  readonly against: string;
  /** Before each round; not timed. */
  readonly before?: (project: BenchProject) => void;
  /** Seconds. */
  readonly ours: (project: BenchProject) => number | Promise<number>;
  readonly other: (project: BenchProject) => number;
  /** Start-up of the script is taken off ours, so that its own work is left. */
  readonly ownWork?: boolean;
  /** Ours may be at most this many times the other; none where the other does less. */
  readonly budget?: number;
  /** Left out of the short form. */
  readonly long?: boolean;
}

const ENV = 'ENV=vm_stg';
const ready = `until docker exec "$db" psql -h 127.0.0.1 -U app_stg -d core_stg -Atc 'SELECT 1' >/dev/null 2>&1; do sleep 0.1; done`;
const container = (project: BenchProject): string =>
  `db=$(${project.compose} ps -q db); app=$(${project.compose} ps -q core_api)`;
const psql = 'docker exec -i "$db" psql -q -U app_stg';
const bootstrap = `${psql} -d core_stg -v ON_ERROR_STOP=0 < scripts/db/bootstrap_roles.sql >/dev/null`;
const alembic = 'docker exec "$app" alembic -c /backend/migrations/alembic.ini';
const dump =
  'docker exec "$db" pg_dump -U app_stg -d core_stg --schema-only --no-owner --no-acl > schema.sql';

/** A target against the shell recipe that it replaces. */
const recipe = (task: string, words: string[], script: string, more: Partial<Figure> = {}): Figure => ({
  name: task,
  against: 'the raw recipe',
  ours: (project) => project.task(task, ENV, ...words),
  other: (project) =>
    project.shell(`${container(project)}\n${script.replaceAll('$COMPOSE', project.compose)}`),
  ownWork: true,
  budget: 1,
  ...more,
});

/** Nobody resets a stack that is still starting: an application that is not there yet ends sooner. */
const start = (project: BenchProject): void => {
  project.shell(`${project.compose} up -d >/dev/null 2>&1\n${container(project)}\n${ready}\nsleep 1`);
};

/**
 * A task with a guard, twice: from the moment on that the person sees what will be destroyed, facts looked at once more
 * included, against the recipe, which has no guard; and the whole of it, without a budget, to show what the guard takes.
 */
const guarded = (task: string, other: Figure['other'], more: Partial<Figure> = {}): Figure[] => [
  {
    name: task,
    against: 'the raw recipe, from the screen on',
    ours: (project) => project.fromScreen(task, ENV, 'WAIT=0'),
    other,
    budget: 1,
    ...more,
  },
  {
    name: `${task}, whole`,
    against: 'the raw recipe, which has no guard',
    ours: (project) => project.task(task, ENV, 'WAIT=0'),
    other,
    ownWork: true,
    ...(more.before ? { before: more.before } : {}),
    ...(more.long ? { long: true } : {}),
  },
];

export const FIGURES: readonly Figure[] = [
  {
    name: 'help',
    against: 'an empty npx tsx script',
    ours: (project) => project.npx('tasks/help.ts'),
    other: (project) => project.npx('bench/empty.ts'),
    budget: 1.15,
  },
  {
    name: 'a refusal',
    against: 'an empty npx tsx script',
    ours: (project) => project.npx('tasks/db-reset-volume-env.ts', ['ENV=vm_prod'], 77),
    other: (project) => project.npx('bench/empty.ts'),
    budget: 1.15,
  },
  recipe('ps', [], '$COMPOSE ps --all'),
  recipe('up', [], `$COMPOSE up -d --remove-orphans\n${ready}`, { before: start }),
  recipe('db-bootstrap-roles-env', [], bootstrap),
  recipe('al-up-env', [], `${bootstrap}\n${alembic} upgrade head\n${bootstrap}`),
  recipe('al-cur-env', [], `${alembic} current & ${alembic} heads; wait`),
  recipe('db-dump-schema-env', ['OUT=schema.sql'], dump),
  recipe(
    'backup',
    [],
    'docker exec "$db" pg_dump -U app_stg -d core_stg -Fc > b.dump; docker exec -i "$db" pg_restore --list < b.dump > /dev/null; docker exec -i "$db" pg_restore -f /dev/null < b.dump; sha256sum b.dump',
  ),
  ...guarded('db-reset-db-env', (project) =>
    project.shell(
      [
        container(project),
        `${psql} -d postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'core_stg'" > /dev/null`,
        `${psql} -d postgres -c 'DROP DATABASE core_stg'`,
        `${psql} -d postgres -c 'CREATE DATABASE core_stg OWNER app_stg'`,
      ].join('\n'),
    ),
  ),
  ...guarded(
    'db-reset-volume-env',
    (project) => project.shell(`${project.compose} down -v --remove-orphans`),
    { before: start },
  ),
  ...guarded(
    'db-rebuild-env',
    (project) =>
      project.shell(
        [
          `${project.compose} down -v --remove-orphans`,
          `${project.compose} up -d --remove-orphans`,
          container(project),
          ready,
          bootstrap,
          `${alembic} upgrade head`,
          bootstrap,
          `${alembic} current`,
          dump,
        ].join('\n'),
      ),
    { before: start, budget: 0.9, long: true },
  ),
];
