import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { listen, useEmbedded } from '../helpers/embedded.ts';
import { must, start, succeeded, type Ran } from '../helpers/processes.ts';
import { formsOf } from '../helpers/secrets.ts';
import { watchProcesses, type Seen } from '../helpers/watch.ts';

const ENV = 'ENV=local_demo';

describe('the secrets file', () => {
  const scratch = useEmbedded({ environments: { remote: { entry: { stack: 'embedded' } } } });
  const secrets = 'secrets/.env.local_demo.secrets';

  test('is made on first use, for its owner only, and never by a dry run', async () => {
    await scratch.runTask(`up ${ENV} DRY_RUN=1`);
    expect(existsSync(scratch.path(secrets))).toBe(false);
    expect(existsSync(scratch.path('.embedded'))).toBe(false);

    const { stderr } = await scratch.mustTask(`up ${ENV}`);
    expect(stderr).toContain(`made ${secrets} with a random POSTGRES_PASSWORD`);
    expect(statSync(scratch.path(secrets)).mode & 0o777).toBe(0o600);
    expect(scratch.password().length).toBeGreaterThan(20);
    const password = scratch.password();
    await scratch.mustTask(`down ${ENV}`);
    expect(scratch.password()).toBe(password);
  });

  test('is not made for an environment that is not local', async () => {
    await must(['rm', scratch.path('secrets/.env.remote.secrets')]);
    const { status, stderr } = await scratch.runTask('up ENV=remote');
    expect(stderr).toContain('secrets/.env.remote.secrets: no such file');
    expect(status).toBe(78);
    expect(existsSync(scratch.path('secrets/.env.remote.secrets'))).toBe(false);
    expect(existsSync(scratch.path('.embedded/remote'))).toBe(false);
  });

  test('with another password than that of the data is named as the reason, and a reset helps', async () => {
    scratch.write(secrets, 'POSTGRES_PASSWORD=another\n', 0o600);
    const { status, stderr } = await scratch.runTask(`up ${ENV}`);
    expect(stderr).toContain(
      [
        `[error] the password of app_demo in ${secrets} is not the one that the data was made with, and the data keeps that one`,
        '[next] put the old one back, then: make up ENV=local_demo',
        '[next] or begin anew, without the data: make db-reset-volume-env ENV=local_demo',
        '',
      ].join('\n'),
    );
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
    await scratch.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
    await scratch.mustTask(`up ${ENV}`);
  });
});

describe('a working day with odd characters everywhere and another server in the exports', () => {
  const scratch = useEmbedded();
  // In the name of the user initdb takes no quotes, dollars and backslashes; alembic no percent sign in the folder's.
  const [user, database] = [`o hara: @100% é`, `it's "odd" \\ %41 日本 = 1`];
  const password = `it's "p w"%40 $HOME \${x} \\n é ﬁ ①パス;#`;
  const FORMS = formsOf(password);
  const folder = (): string => `${scratch.outside}/it's "my" プロ ジェクト`;
  const printed: string[] = [];
  let seen: Seen[];

  beforeAll(() => {
    scratch.write('env/.env.local_demo', `POSTGRES_USER=\`${user}\`\nPOSTGRES_DB=\`${database}\`\n`);
    scratch.write('secrets/.env.local_demo.secrets', `POSTGRES_PASSWORD=\`${password}\`\n`, 0o600);
    cpSync(scratch.root, folder(), { recursive: true, verbatimSymlinks: true });
  });

  test('goes well, and nothing reaches the other server, not even on 5432', async () => {
    const connections = await listen(0);
    const usual = await listen(5432).catch(() => () => 0);
    const port = String(connections.port);
    const env = {
      ...{ PGHOST: '127.0.0.1', PGHOSTADDR: '127.0.0.1', PGPORT: port, PGUSER: 'other', PGPASSWORD: 'other' },
      ...{ PGDATABASE: 'other', PGSERVICE: 'other', PGSSLMODE: 'require', PGOPTIONS: '-c search_path=other' },
      ...{ PGDATA: '/nonexistent', PGPASSFILE: '/nonexistent', PGTZ: 'America/New_York' },
      ...{ POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: port, POSTGRES_DB: 'other', POSTGRES_USER: 'other' },
      DATABASE_URL: `postgresql://other:other@127.0.0.1:${port}/other`,
    };
    const watch = watchProcesses();
    onTestFinished(() => watch.end().then(() => {}));
    const run = async (words: string, exported: Record<string, string>): Promise<Ran> => {
      const [task, ...parameters] = words.split(' ');
      const args = ['--import', import.meta.resolve('tsx'), `tasks/${task}.ts`, ...parameters, ENV];
      const ran = await start([process.execPath, ...args], { cwd: folder(), env: exported }).ended;
      printed.push(ran.stdout, ran.stderr);
      return ran;
    };
    for (const words of [
      'up',
      'al-up-env',
      'backup',
      'db-dump-schema-env',
      'config',
      'db-reset-db-env DRY_RUN=1',
    ])
      succeeded(await run(words, words.startsWith('db-reset') ? {} : env));
    expect(await run('db-reset-db-env WAIT=0', env)).toMatchObject({ status: 77 });
    // Behind the guard as well: done, and failed with what the server says, which is then on record.
    succeeded(await run('db-reset-db-env WAIT=0', {}));
    expect(await run('al-down-env REV=nothing_like_it', {})).toMatchObject({ status: 255 });
    for (const words of ['journal', 'journal JSON=1', 'down']) succeeded(await run(words, env));
    seen = await watch.end();
    expect(connections()).toBe(0);
    expect(usual()).toBe(0);
  });

  test('and the password stood in the arguments of no process, and in the environment of alembic only', () => {
    const words = seen.map((one) => one.words);
    for (const program of ['initdb', 'alembic', 'pg-dump', 'postgres -D'])
      expect(
        words.filter((line) => line.includes(program)),
        program,
      ).not.toEqual([]);
    for (const form of FORMS) expect(words.filter((line) => line.includes(form))).toEqual([]);
    const told = seen.filter(({ environment }) => FORMS.some((form) => environment.includes(form)));
    expect(told).not.toEqual([]);
    expect(
      told.map((one) => one.words).filter((line) => !/-m alembic|python3? - .*alembic\.ini/.test(line)),
    ).toEqual([]);
  });

  test('was not printed, and stands in no file but the one', () => {
    for (const form of FORMS) expect(printed.join('')).not.toContain(form);
    expect(readFileSync(`${folder()}/journal/local_demo.jsonl`, 'utf8').trim().split('\n')).toHaveLength(4);
    const holding = readdirSync(folder(), { recursive: true, encoding: 'utf8' })
      .filter((file) => !/^(node_modules|\.venv)/.test(file) && statSync(`${folder()}/${file}`).isFile())
      .filter((file) => FORMS.some((form) => readFileSync(`${folder()}/${file}`).includes(form)));
    expect(holding).toEqual(['secrets/.env.local_demo.secrets']);
  });
});

describe('user, database and password that are one word, the name of the environment as well', () => {
  const word = 'local_demo';
  const scratch = useEmbedded();

  beforeAll(() => {
    scratch.write('env/.env.local_demo', `POSTGRES_USER=${word}\nPOSTGRES_DB=${word}\n`);
    scratch.write('secrets/.env.local_demo.secrets', `POSTGRES_PASSWORD=${word}\n`, 0o600);
  });

  test('nothing that is shown or on record is hidden, but the password in what a program prints', async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    const { stderr } = await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
    expect(stderr).toContain(`database     ${word} of ${word}, `);
    expect(stderr).toContain(`al-up-env.ts ENV=${word}`);
    const { stdout } = await scratch.mustTask(`journal ${ENV}`);
    expect(stderr + stdout + readFileSync(scratch.path(`journal/${word}.jsonl`), 'utf8')).not.toContain(
      '****',
    );

    const envPy = scratch.read('app/backend/core_api/migrations/alembic/env.py');
    scratch.write(
      'app/backend/core_api/migrations/alembic/env.py',
      `import base64, os, json\nurl = 'postgresql://${word}:${word}@db/${word}'\nprint(url, repr({'password': '${word}'}), json.dumps({'user': '${word}', 'pwd': '${word}'}), base64.b64encode(b'${word}:${word}').decode())\n${envPy}`,
    );
    const { stdout: printed } = await scratch.mustTask(`al-cur-env ${ENV}`);
    expect(printed).toContain(
      `postgresql://${word}:********@db/${word} {'password': '********'} {"user": "${word}", "pwd": "********"} ********`,
    );
  });
});
