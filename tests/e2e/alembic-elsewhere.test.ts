import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker, run, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/** How often each task is run; `ROUNDS=50 npx vitest run --project e2e tests/e2e/alembic-elsewhere.test.ts` for all. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1);

const HEAD = '20251211_140000000';
const BEFORE_HEAD = '20251120_083000000';
const QUESTION = '/* makesafe: which database is this? */';

describe.skipIf(inject('noEngine') !== '')('two stacks on one network, both answering to db', () => {
  // The first one is the default, which the short forms work on.
  const scratch = useScratch({ only: ['vm_stg', 'vm_prod'] });
  // The same user, password and database in both, so that nothing but the database itself tells them apart.
  const stg = asker(scratch, 'vm_stg', 'core', 'core');
  const prod = asker(scratch, 'vm_prod', 'core', 'core');
  const compose = { vm_stg: 'docker/docker-compose.stg.yml', vm_prod: 'docker/docker-compose.prod.yml' };
  let usual: string;
  let before: string;

  const revision = (): Promise<string> => stg.sql('SELECT version_num FROM alembic_version');
  /** Everything in a database, and its comment. */
  const snapshot = async ({ sql }: typeof stg): Promise<string> =>
    [
      await sql('SELECT oid, relname, relfilenode, reltuples FROM pg_class WHERE oid >= 16384 ORDER BY 1'),
      await sql('SELECT * FROM alembic_version'),
      await sql(`SELECT oid, datname, shobj_description(oid, 'pg_database') FROM pg_database ORDER BY 1`),
      await sql('SELECT oid, rolname FROM pg_roles ORDER BY 1'),
    ].join('\n');

  /** What others than the test asked prod's server since it was made. */
  async function statementsOfProd(): Promise<string[]> {
    const { stdout, stderr } = await run(['docker', 'logs', await scratch.container('vm_prod')]);
    return (stdout + stderr)
      .split('\n')
      .filter((line) => /^SEEN <(?!psql>|the start>)/.test(line))
      .filter((line) => /(statement|execute [^:]*): /.test(line) && !line.includes(QUESTION));
  }

  async function migrate(name: string): Promise<void> {
    const [application, database] = await Promise.all([
      scratch.container(name, 'core_api'),
      scratch.container(name),
    ]);
    await docker(
      ...['exec', '--env', `POSTGRES_HOST=${database.slice(0, 12)}`, '--env', 'PGAPPNAME=the start'],
      ...[application, 'alembic', '-c', '/backend/migrations/alembic.ini', 'upgrade', 'head'],
    );
    const { sql } = asker(scratch, name, 'core', 'core');
    await sql(`COMMENT ON DATABASE core IS 'makesafe.environment=${name}'`);
  }

  beforeAll(async () => {
    await docker('network', 'create', scratch.prefix);
    for (const [name, file] of Object.entries(compose)) {
      const own = 'POSTGRES_USER=core\nPOSTGRES_DB=core\n';
      scratch.write(`env/.env.${name}`, scratch.read(`env/.env.${name}`) + own);
      scratch.write(`secrets/.env.${name}.secrets`, 'POSTGRES_PASSWORD=of-both\n', 0o600);
      const logged = scratch
        .read(file)
        .replace(
          '    image: postgres:17\n',
          `    image: postgres:17\n    command: postgres -c log_statement=all -c "log_line_prefix=SEEN <%a> "\n`,
        );
      const network = `networks:\n  default:\n    name: ${scratch.prefix}\n    external: true\n`;
      scratch.write(file, `${logged}${network}`);
    }
    usual = scratch.read(compose.vm_stg);
    await startDatabase(scratch, 'vm_prod');
    await startDatabase(scratch, 'vm_stg');
    await Promise.all(['vm_stg', 'vm_prod'].map(migrate));
    before = await snapshot(prod);
  });

  const TASKS = [
    ...['al-cur-env', 'al-heads-env', 'al-hist-env', 'al-down-env REV=-1 WAIT=0', 'al-up-env'],
    ...[`al-stamp-env REV=${BEFORE_HEAD} WAIT=0`, 'al-stamp-env REV=head WAIT=0'],
    ...[
      'al-cur',
      'al-heads',
      'al-hist',
      'al-down',
      'al-up',
      `al-stamp REV=${BEFORE_HEAD}`,
      'al-stamp REV=head',
    ],
    ...['al-rev-auto MSG=auto REV_ID=2099', 'al-rev MSG=empty REV_ID=2099'],
  ];

  test(
    `${TASKS.length} tasks of vm_stg, ${ROUNDS} times each: done there, or refused; nothing in vm_prod`,
    async () => {
      let [done, refused] = [0, 0];
      for (let round = 0; round < ROUNDS; round++) {
        for (const task of TASKS) {
          const at = await revision();
          const [name, ...words] = task.split(' ');
          const ran = await scratch.runTask([name!, 'ENV=vm_stg', ...words]);
          const said = `${task} at ${at}: status ${ran.status}\n${ran.stdout}${ran.stderr}`;
          if (ran.status === 77) {
            refused++;
            expect(ran.stderr, said).toMatch(/alembic reaches database core \(marker vm_prod, system \d+\)/);
            expect(ran.stderr, said).not.toContain('[ok]');
            expect(await revision(), said).toBe(at);
            continue;
          }
          done++;
          // Of al-rev-auto: the application has no models. Of al-rev: the revisions are in the image.
          const status = task.startsWith('al-rev-auto') ? 255 : task.startsWith('al-rev') ? 1 : 0;
          expect(ran.status, said).toBe(status);
          if (/^al-(up|stamp(-env)? REV=head)/.test(task)) expect(await revision(), said).toBe(HEAD);
          if (/^al-stamp(-env)? REV=\d/.test(task)) expect(await revision(), said).toBe(BEFORE_HEAD);
          if (task.startsWith('al-down')) expect(await revision(), said).not.toBe(at);
          // What is done next is done to the schema that is there.
          if (task.startsWith('al-stamp')) await stg.sql(`UPDATE alembic_version SET version_num = '${at}'`);
        }
        expect(await statementsOfProd()).toEqual([]);
      }
      console.info(`${done} done, ${refused} refused`);
      expect(await snapshot(prod)).toBe(before);
    },
    Math.max(300_000, ROUNDS * 180_000),
  );

  test('core_api of vm_stg with the variables of vm_prod: 77, and nothing has changed', async () => {
    const address = (await scratch.container('vm_prod')).slice(0, 12);
    scratch.write(compose.vm_stg, usual.replace('POSTGRES_HOST: db', `POSTGRES_HOST: ${address}`));
    await scratch.compose('vm_stg', 'up', '--detach');
    const own = await snapshot(stg);
    const registry = scratch.read('env/environments.ts');
    const seed = `"seed": { "command": "touch /tmp/seeded" }, "composeFile"`;
    scratch.write('env/environments.ts', registry.replaceAll('"composeFile"', seed));
    const seeded = async (): Promise<boolean> => {
      const application = await scratch.container('vm_stg', 'core_api');
      return (await docker('exec', application, 'ls', '/tmp')).includes('seeded');
    };
    const tasks = [
      'al-down-env REV=base WAIT=0',
      'al-stamp-env REV=base WAIT=0',
      'al-up-env',
      'db-rebuild-env METHOD=db WAIT=0',
      'db-rebuild-env WAIT=0',
      'al-cur-env',
      'db-seed-env',
    ];
    for (const task of tasks) {
      const [name, ...words] = task.split(' ');
      const { status, stderr, stdout }: Ran = await scratch.runTask([name!, 'ENV=vm_stg', ...words]);
      expect(stderr, task + stdout).toMatch(
        /alembic reaches database core \(marker vm_prod, system \d+\), not the one that was shown: nothing was touched/,
      );
      expect(stderr).toMatch(/vm_stg is on database core \(marker vm_stg, system \d+\)/);
      expect(stderr).toMatch(/\[next\] .*variables of service core_api/);
      expect(stderr).not.toContain('[ok]');
      expect(status, task).toBe(77);
    }
    expect(await seeded()).toBe(false);
    expect(await snapshot(stg)).toBe(own);
    expect(await snapshot(prod)).toBe(before);
    expect(await statementsOfProd()).toEqual([]);

    const right = (await scratch.container('vm_stg')).slice(0, 12);
    scratch.write(compose.vm_stg, usual.replace('POSTGRES_HOST: db', `POSTGRES_HOST: ${right}`));
    await scratch.compose('vm_stg', 'up', '--detach');
    await scratch.mustTask('db-seed-env ENV=vm_stg');
    expect(await seeded()).toBe(true);
  });
});
