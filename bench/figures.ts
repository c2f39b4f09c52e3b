import type { AdoptedRepository } from './adopted.ts';
import type { BenchProject } from './project.ts';

/** What a person feels: `times` of the other way, and `plus` seconds. */
export interface Budget {
  readonly times: number;
  readonly plus?: number;
}

/** Two ways to the same end, timed in turns in one run. */
export interface Figure {
  readonly name: string;
  /** What stands against it, in words. */
  readonly against: string;
  /** Before each round; not timed. */
  readonly before?: (project: BenchProject) => void;
  /** Seconds. */
  readonly ours: (project: BenchProject) => number | Promise<number>;
  /** What a person would do otherwise; none where the budget is a number of seconds. */
  readonly other?: (project: BenchProject) => number;
  /** Start-up of the script is taken off ours, so that its own work is left. */
  readonly ownWork?: boolean;
  /** Ours may take so many times the other and so many seconds more; none where the other does less. */
  readonly budget?: Budget;
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
  budget: { times: 1, plus: 0.15 },
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
const guarded = (
  task: string,
  other: (project: BenchProject) => number,
  more: Partial<Figure> = {},
): Figure[] => [
  {
    name: task,
    against: 'the raw recipe, from the screen on',
    ours: async (project) => (await project.aroundScreen(task, ENV, 'WAIT=0')).after,
    other,
    budget: { times: 1.1 },
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

/** What every command is measured against. */
const empty = (project: BenchProject): number => project.npx('bench/empty.ts');
const EMPTY = 'an empty npx tsx script';
const REFUSED = ['db-reset-volume-env', 'ENV=vm_prod'] as const;

/** What is said without a stack, where makesafe was adopted. @param repository is made when it is first needed */
export const adoptedFigures = (repository: () => AdoptedRepository): readonly Figure[] => [
  {
    name: 'help, adopted',
    against: EMPTY,
    ours: () => repository().make(['help'], 0),
    other: empty,
    budget: { times: 0.3 },
  },
  {
    name: 'a refusal, adopted',
    against: EMPTY,
    // Make has one status for all that fails.
    ours: () => repository().make(REFUSED, 2),
    other: empty,
    budget: { times: 0.3 },
  },
];

const tables = `for n in $(seq 1000); do echo "CREATE TABLE IF NOT EXISTS bench_$n (id int);"; done | ${psql} -d core_stg >/dev/null`;

export const FIGURES: readonly Figure[] = [
  {
    name: 'help',
    against: EMPTY,
    ours: (project) => project.npx('tasks/help.ts'),
    other: empty,
    budget: { times: 1.15 },
  },
  {
    name: 'a refusal',
    against: EMPTY,
    ours: (project) => project.npx(`tasks/${REFUSED[0]}.ts`, [REFUSED[1]], 77),
    other: empty,
    budget: { times: 1.15 },
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
  {
    name: "the guard's look, 1,000 tables",
    against: 'before the screen',
    before: (project) => void project.shell(`${container(project)}\n${tables}`),
    ours: async (project) => (await project.aroundScreen('db-reset-db-env', ENV, 'DRY_RUN=1')).before,
    ownWork: true,
    budget: { times: 0, plus: 0.5 },
  },
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
    { before: start, budget: { times: 0.9 }, long: true },
  ),
];
