import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './median.ts';
import type { BenchProject } from './project.ts';
import type { Result } from './run.ts';

const ENV = 'ENV=vm_stg';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';
const HEAD = '20251211_140000000';
const psql = (project: BenchProject, sql: string, database = 'core_stg'): number =>
  project.shell(
    `docker exec -i "$(${project.compose} ps -q db)" psql -q -v ON_ERROR_STOP=1 -U app_stg -d ${database} <<'SQL'\n${sql}\nSQL`,
  );

/** Any state back in a second: a rebuild that was done before, and copies of 10 MB and 1 GB. */
export async function* measureState(project: BenchProject, rounds: number): AsyncGenerator<Result> {
  const rebuild = ['METHOD=db', 'CACHE=1', 'WAIT=0', ENV];
  for (const count of [17, 500]) {
    addRevisions(project, count - 17);
    // The first one is made from nothing.
    project.task('db-rebuild-env', ...rebuild);
    const times = await timed(
      rounds,
      async () => (await project.aroundScreen('db-rebuild-env', ...rebuild)).toOk,
    );
    yield figure(`rebuild, kept, ${count} revisions`, 'from the screen to the [ok]', times, 0.5);
  }
  for (const [size, rows] of [
    ['10 MB', 5_000],
    ['1 GB', 1_150_000],
  ] as const) {
    psql(
      project,
      `DROP TABLE IF EXISTS bench_rows; CREATE TABLE bench_rows AS SELECT n, repeat(md5(n::text), 26) FROM generate_series(1, ${rows}) n; CHECKPOINT;`,
    );
    yield* await measureCopies(project, size, rounds);
  }
}

async function measureCopies(project: BenchProject, size: string, rounds: number): Promise<Result[]> {
  const saves: number[] = [];
  const copies: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = project.shell('node --import tsx bench/empty.ts');
    saves.push((await project.untilOk('db-save-env', 'NAME=bench', ENV)) - start);
    // Without the saved copy there is none that is opened.
    const strategy = size === '1 GB' ? ' STRATEGY file_copy' : '';
    psql(project, `DROP DATABASE IF EXISTS bench_copy;`, 'postgres');
    copies.push(
      psql(project, `CREATE DATABASE bench_copy TEMPLATE "core_stg__save_bench"${strategy};`, 'postgres'),
    );
    psql(project, `DROP DATABASE bench_copy;`, 'postgres');
    if (round + 1 < rounds) project.task('db-drop-save-env', 'NAME=bench', 'WAIT=0', ENV);
  }
  const load = await timed(
    rounds,
    async () => (await project.aroundScreen('db-load-env', 'NAME=bench', 'WAIT=0', ENV)).toOk,
  );
  const undo = await timed(
    rounds,
    async () => (await project.aroundScreen('db-undo-env', 'WAIT=0', ENV)).toOk,
  );
  project.task('db-drop-old-env', 'WAIT=0', ENV);
  project.task('db-drop-save-env', 'NAME=bench', 'WAIT=0', ENV);
  const copy = median(copies);
  return [
    { ...figure(`save, ${size}`, 'CREATE DATABASE … TEMPLATE', saves, copy + 0.2), other: copy },
    figure(`load, ${size}`, 'from the screen to the [ok]', load, 0.2),
    figure(`undo, ${size}`, 'from the screen to the [ok]', undo, 0.2),
  ];
}

async function timed(rounds: number, run: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await run());
  return times;
}

const figure = (name: string, against: string, times: readonly number[], limit: number): Result => ({
  ...{ name, against, ours: median(times), other: null, limit, rounds: times.length },
});

/** Revisions behind the head. */
function addRevisions(project: BenchProject, count: number): void {
  let before = HEAD;
  for (let n = 1; n <= count; n++) {
    const id = `2026${String(n).padStart(4, '0')}`;
    writeFileSync(
      join(project.root, VERSIONS, `${id}_bench.py`),
      [
        'from alembic import op',
        `revision = "${id}"`,
        `down_revision = "${before}"`,
        'branch_labels = None',
        'depends_on = None',
        '',
        'def upgrade():',
        `    op.execute("CREATE TABLE bench_${n} (id int)")`,
        '',
        'def downgrade():',
        `    op.execute("DROP TABLE bench_${n}")`,
        '',
      ].join('\n'),
    );
    before = id;
  }
}
