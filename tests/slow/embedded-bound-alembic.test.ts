import { beforeAll, describe, expect, test } from 'vitest';
import { findAlembic } from '../../lib/stack/alembic/find-alembic.ts';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';

const INI = 'app/backend/core_api/migrations/alembic.ini';
const ENV_PY = 'app/backend/core_api/migrations/alembic/env.py';
const HEAD = '20251211_140000000';

describe('alembic of an embedded stack', () => {
  const scratch = useEmbedded({
    environments: {
      neighbour: {
        entry: { stack: 'embedded', alembicIni: INI },
        env: { POSTGRES_USER: 'app_neighbour', POSTGRES_DB: 'core_neighbour' },
      },
    },
  });
  let usual: string;

  /** What a database has, whoever it belongs to. */
  async function snapshot(environment: string, user: string, database: string): Promise<unknown> {
    const client = await connect(scratch, { environment, user, database });
    try {
      const { rows } = await client.query(
        `SELECT c.oid, relname, relfilenode, (SELECT string_agg(version_num, ' ') FROM alembic_version) AS at
         FROM pg_class AS c WHERE c.oid >= 16384 ORDER BY 1`,
      );
      return rows;
    } finally {
      await client.end();
    }
  }
  const both = (): Promise<unknown[]> =>
    Promise.all([
      snapshot('neighbour', 'app_neighbour', 'core_neighbour'),
      snapshot('local_demo', 'app_demo', 'core_demo'),
    ]);

  beforeAll(async () => {
    usual = scratch.read(ENV_PY);
    for (const name of ['local_demo', 'neighbour']) {
      await scratch.mustTask(`up ENV=${name}`);
      await scratch.mustTask(`al-up-env ENV=${name}`);
    }
  }, PATIENCE);

  test('an env.py that goes to a neighbour is refused, whatever the task: 77, nothing has changed', async () => {
    const { port } = scratch.server('neighbour');
    const there = [
      ...[`host, port = "127.0.0.1", "${port}"`, 'user, database = "app_neighbour", "core_neighbour"'],
      `password = ${JSON.stringify(scratch.password('neighbour'))}`,
    ];
    scratch.write(
      ENV_PY,
      usual.replace('    # URL.create escapes', `    ${there.join('; ')}\n    # URL.create escapes`),
    );
    const before = await both();
    const tasks = [
      'al-down-env REV=base WAIT=0',
      'al-stamp-env REV=base WAIT=0',
      'al-up-env',
      'al-cur-env',
      'al-down REV=base',
      'al-stamp REV=base',
      'al-up',
      'al-rev-auto MSG=auto',
      'db-rebuild-env METHOD=db WAIT=0',
      'db-rebuild-env WAIT=0',
    ];
    for (const task of tasks) {
      const [name, ...words] = task.split(' ');
      const { status, stderr } = await scratch.runTask([name!, 'ENV=local_demo', ...words]);
      expect(stderr, task).toMatch(
        /\[error\] alembic reaches database core_neighbour \(marker neighbour, system \d+\), not the one that was shown: nothing was touched\n +local_demo is on database core_demo \(marker local_demo, system \d+\)\n\[next\] look at what says where alembic goes: /,
      );
      expect(stderr, task).not.toContain('[ok]');
      expect(status, task).toBe(77);
    }
    expect(await both()).toEqual(before);
    // What reads files needs no database.
    await scratch.mustTask('al-heads-env ENV=local_demo');
    await scratch.mustTask('al-hist-env ENV=local_demo');
  });

  test('an env.py that swallows an error, or does not migrate, gets no [ok]', async () => {
    for (const [how, said] of [
      ['usual', `core_demo is at ${HEAD}, and not at no revision`],
      ['nothing', 'did not come to the migrations of core_demo'],
    ] as const) {
      const text =
        how === 'nothing'
          ? 'pass\n'
          : usual
              // Rolled back, and said to be well.
              .replace('transaction_per_migration=True, ', '')
              .replace(
                '        context.run_migrations()',
                '        context.run_migrations()\n        raise SystemExit(0)',
              );
      scratch.write(ENV_PY, text);
      const { status, stderr } = await scratch.runTask('al-stamp-env ENV=local_demo REV=base WAIT=0');
      expect(stderr).toContain(said);
      expect(stderr).not.toContain('[ok]');
      expect(status).toBe(1);
    }
    scratch.write(ENV_PY, usual);
    await scratch.mustTask('al-stamp-env ENV=local_demo REV=head WAIT=0');
  });

  test('a wrapper in sh: what writes is refused, with what would do; what reads goes on', async () => {
    scratch.write(ENV_PY, usual);
    const { file } = (await findAlembic(scratch.root, undefined))!;
    scratch.write('bin/alembic', `#!/bin/sh\nexec '${file}' -m alembic "$@"\n`, 0o755);
    const before = await both();
    for (const task of [
      'al-down-env REV=base WAIT=0',
      'al-stamp-env REV=base WAIT=0',
      'al-up-env',
      'al-rev-auto MSG=x',
    ]) {
      const [name, ...words] = task.split(' ');
      const ran = await scratch.runTask([name!, 'ENV=local_demo', 'ALEMBIC=bin/alembic', ...words]);
      expect(ran.stderr).toContain('is no script of Python: nothing was touched');
      expect(ran.stderr).toMatch(/\[next\] .*ALEMBIC=/);
      expect(ran.status, task).toBe(77);
    }
    expect(await both()).toEqual(before);
    const { stdout, stderr } = await scratch.mustTask('al-cur-env ENV=local_demo ALEMBIC=bin/alembic');
    expect(stdout).toContain(`${HEAD} (head)`);
    expect(stderr).toContain(`[ok] local_demo is at head (${HEAD})`);
    await scratch.mustTask('al-heads-env ENV=local_demo ALEMBIC=bin/alembic');
  });
});
