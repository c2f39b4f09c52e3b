import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { RefusedError } from '../../lib/errors.ts';
import { pythonIn, pythonOf } from '../../lib/stack/alembic/find-python.ts';
import type { Python } from '../../lib/stack/alembic/interpreter.ts';
import { hasLanded, readLanding } from '../../lib/migrations/landing.ts';
import { runAlembic, type AlembicResult, type Place } from '../../lib/stack/alembic/run-alembic.ts';
import { serverAnswers } from '../helpers/database.ts';
import {
  DRIVERS,
  KINDS,
  POISON,
  REVISION,
  TRANSACTION,
  envOf,
  type Driver,
  type Kind,
} from '../helpers/env-py.ts';
import { docker, run } from '../helpers/processes.ts';
import { removeFromEngine } from '../helpers/scratch.ts';

/** Debian's own alembic, whose SQLAlchemy may be older than what the image has. */
const HOST_ALEMBIC = '/usr/bin/alembic';

const prefix = `makesafe-e2e-${randomBytes(4).toString('hex')}`;
const [right, wrong, application] = ['right', 'wrong', 'application'].map((name) => `${prefix}-${name}`) as [
  string,
  string,
  string,
];

/** Where alembic runs: in a container beside the servers, or on this machine. */
interface Runner {
  readonly python: () => Promise<Python>;
  /** `host:port` */
  readonly address: (server: string) => Promise<string>;
  readonly start: (words: readonly string[], env: Record<string, string>, input?: string) => Promise<Result>;
}
type Result = Awaited<ReturnType<typeof run>>;

describe.skipIf(inject('noEngine') !== '')('alembic reaches the verified database, or none', () => {
  let folder: string;
  let databases = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'makesafe-e2e-'));
    mkdirSync(join(folder, 'versions'));
    writeFileSync(join(folder, 'versions/0001_one.py'), REVISION);
    // With the working directory in front of the library, this one would be imported.
    mkdirSync(join(folder, 'alembic'));
    writeFileSync(join(folder, 'alembic/__init__.py'), 'raise RuntimeError("not this one")\n');
    await docker('network', 'create', prefix);
    const server = (name: string, ...settings: string[]): Promise<string> =>
      docker(
        ...['run', '--detach', '--name', name, '--network', prefix, '--publish', '127.0.0.1::5432'],
        ...['--env', 'POSTGRES_USER=app', '--env', 'POSTGRES_PASSWORD=app', 'postgres:17', 'postgres'],
        ...['-c', 'fsync=off', ...settings],
      );
    await Promise.all([
      server(right),
      // With the application's name, so that what the test itself asks can be told from it.
      server(wrong, '-c', 'log_statement=all', '-c', 'log_line_prefix=STATEMENT-OF <%a> '),
      docker(
        ...['run', '--detach', '--init', '--name', application, '--network', prefix],
        ...['--volume', `${folder}:/project`, '--workdir', '/project', 'python:3.13', 'sleep', 'infinity'],
      ),
    ]);
    await Promise.all([serverAnswers(right), serverAnswers(wrong)]);
  });
  afterAll(async () => {
    await removeFromEngine(prefix);
    rmSync(folder, { recursive: true, force: true });
  });

  const portOf = async (server: string): Promise<string> =>
    (await docker('port', server, '5432/tcp')).split(':').at(-1)!;

  const container: Runner = {
    python: () => pythonIn('application', (words) => run(['docker', 'exec', application, ...words])),
    address: (server) => Promise.resolve(`${server}:5432`),
    start: (words, env, input) => {
      const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      return run(['docker', 'exec', '-i', ...variables, application, ...words], {
        ...(input === undefined ? {} : { input }),
      });
    },
  };
  const host: Runner = {
    python: () => Promise.resolve(pythonOf({ file: HOST_ALEMBIC, args: [] })),
    address: async (server) => `127.0.0.1:${await portOf(server)}`,
    start: (words, env, input) =>
      run(words, {
        cwd: folder,
        env: { ...env, PYTHONDONTWRITEBYTECODE: '1' },
        ...(input === undefined ? {} : { input }),
      }),
  };

  async function asked<T>(
    server: string,
    database: string,
    work: (client: pg.Client) => Promise<T>,
  ): Promise<T> {
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port: Number(await portOf(server)), user: 'app', password: 'app', database },
      application_name: 'the test',
    });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** A database of one name on both servers, each marked for its own environment. */
  async function makeDatabases(): Promise<string> {
    const name = `cell_${++databases}`;
    for (const [server, environment] of [
      [right, 'vm_stg'],
      [wrong, 'vm_prod'],
    ] as const) {
      await asked(server, 'app', async (client) => {
        await client.query(`CREATE DATABASE ${name} STRATEGY wal_log`);
        await client.query(`COMMENT ON DATABASE ${name} IS '倉庫\nmakesafe.environment=${environment}'`);
      });
    }
    return name;
  }

  const tables = (server: string, database: string): Promise<string[]> =>
    asked(server, database, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    });

  function write(file: string, text: string): void {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  }

  interface Cell {
    readonly runner?: Runner;
    readonly server: string;
    readonly database: string;
    readonly env: string;
    readonly python?: () => Promise<Python>;
    readonly words?: readonly string[];
    readonly variables?: Record<string, string>;
    /** A database of the right server, to which alembic is led. */
    readonly instead?: string;
  }
  let projects = 0;

  async function upgrade(cell: Cell): Promise<AlembicResult> {
    const { runner = container, server, database, env, words = ['upgrade', 'head'], variables = {} } = cell;
    const { instead } = cell;
    const project = `project_${++projects}`;
    write(`${project}/env.py`, env);
    write(`${project}.ini`, `[alembic]\nscript_location = ${project}\nversion_locations = versions\n`);
    const [there, first] = await Promise.all([runner.address(server), runner.address(right)]);
    const [host, port] = first.split(':') as [string, string];
    const place: Place = {
      environment: 'vm_stg',
      settings: 'the settings',
      nameThePython: 'name it',
      ask: (question, name = database) => asked(right, name, question),
      ...(instead === undefined
        ? {}
        : { server: { host, port: Number(port), user: 'app', password: 'app' } }),
      python: cell.python ?? runner.python,
      start: (args, instead) =>
        runner.start(
          [...(instead ? [...instead.words, '-'] : ['alembic']), '-c', `${project}.ini`, ...args],
          {
            ...{ WHERE: there, FIRST: first, NAME: database, LOGIN: 'app' },
            ...variables,
          },
          instead?.input,
        ),
    };
    return runAlembic(place, words, instead === undefined ? {} : { instead: { database: instead } });
  }

  const refusal = async (cell: Cell): Promise<string> => {
    const result = await upgrade(cell).catch((error: unknown) => error);
    expect(result, JSON.stringify(result)).toBeInstanceOf(RefusedError);
    return (result as RefusedError).message;
  };

  const CELLS: [where: string, driver: Driver, kind: Kind, runner: Runner][] = [
    ...DRIVERS.flatMap((driver) =>
      KINDS.map((kind): [string, Driver, Kind, Runner] => ['in a container', driver, kind, container]),
    ),
    ...(existsSync(HOST_ALEMBIC)
      ? KINDS.map((kind): [string, Driver, Kind, Runner] => ['on this machine', 'psycopg2', kind, host])
      : []),
  ];

  // A third of them in daily work, another one with each commit; MATRIX=all for all.
  const chosen = CELLS.filter((_cell, index) => process.env['MATRIX'] === 'all' || index % 3 === COMMIT % 3);

  test.concurrent.each(chosen)('%s, %s, %s: bound', async (_where, driver, kind, runner) => {
    const database = await makeDatabases();
    const env = envOf(kind, driver);
    const message = await refusal({ runner, server: wrong, database, env });
    expect(message).toMatch(
      new RegExp(
        `^alembic reaches database ${database} \\(marker vm_prod, system \\d+\\), not the one that was shown: nothing was touched`,
      ),
    );
    expect(await tables(wrong, database)).toEqual([]);

    const { status, stdout, stderr, plans } = await upgrade({ runner, server: right, database, env });
    expect(stderr + stdout).not.toMatch(/makesafe|Traceback/);
    expect(status, stderr).toBe(0);
    expect(plans).toMatchObject([{ plan: ['0001'], table: 'alembic_version', schema: null }]);
    expect(await tables(right, database)).toEqual([
      ...['alembic_version', 'migrated'],
      ...(kind === 'raw connection' ? ['raw_was_here'] : []),
    ]);
    // Who has to know that it is still at work finds its session.
    const marks = (client: pg.Client) => client.query<{ marks: string }>('TABLE migrated');
    expect((await asked(right, database, marks)).rows).toEqual([{ marks: '1' }]);
    expect(hasLanded(await asked(right, database, (client) => readLanding(client, plans![0]!)))).toBe(true);
  });

  test.concurrent.each(chosen)('%s, %s, %s: led', async (_where, driver, kind, runner) => {
    const [database, instead] = [await makeDatabases(), await makeDatabases()];
    const env = envOf(kind, driver);
    const { status, stderr, plans } = await upgrade({ runner, server: wrong, database, env, instead });
    expect(status, stderr).toBe(0);
    expect(plans).toMatchObject([{ plan: ['0001'] }]);
    expect(await tables(right, instead)).toEqual([
      ...['alembic_version', 'migrated'],
      ...(kind === 'raw connection' ? ['raw_was_here'] : []),
    ]);
    const others = [
      [wrong, database],
      [wrong, instead],
      [right, database],
    ] as const;
    for (const [server, name] of others) expect(await tables(server, name)).toEqual([]);
  });

  /** On both servers, as their administrator. */
  async function everywhere(database: string, statements: string): Promise<void> {
    for (const server of [right, wrong]) await asked(server, database, (client) => client.query(statements));
  }

  const REVOKE_SYSTEM = 'REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC';
  const REVOKE_START = 'REVOKE EXECUTE ON FUNCTION pg_postmaster_start_time() FROM PUBLIC';

  test('a role that may not read the system identifier is told from another by when the server was started', async () => {
    const database = await makeDatabases();
    const login = `reader_${database}`;
    await everywhere(
      database,
      `CREATE ROLE ${login} LOGIN PASSWORD 'app'; GRANT CREATE ON SCHEMA public TO ${login}; ${REVOKE_SYSTEM}`,
    );
    for (const driver of ['psycopg2', 'psycopg', 'asyncpg'] as const) {
      const cell = { database, env: envOf('plain', driver), variables: { LOGIN: login } };
      expect(await refusal({ ...cell, server: wrong })).toMatch(
        /\(marker vm_prod, server started 20\d\d-.*Z\), not the one/,
      );
      expect((await upgrade({ ...cell, server: right })).status).toBe(0);
    }
    await everywhere(database, REVOKE_START);
    for (const driver of ['psycopg2', 'psycopg', 'asyncpg'] as const) {
      const cell = { database, env: envOf('plain', driver), variables: { LOGIN: login } };
      // Nothing tells the servers apart any more, and a marker is easily written.
      for (const server of [right, wrong])
        expect(await refusal({ ...cell, server })).toContain('server started at an unknown time');
    }
  });

  test.each(['psycopg2', 'psycopg', 'asyncpg'] as const)(
    'no schema, function, operator or setting of a database hides which one it is (%s)',
    async (driver) => {
      const database = await makeDatabases();
      await everywhere(
        database,
        `${POISON}
        ALTER DATABASE ${database} SET search_path = evil, pg_catalog, public;
        ALTER DATABASE ${database} SET standard_conforming_strings = off;
        ALTER DATABASE ${database} SET bytea_output = 'escape';
        ALTER DATABASE ${database} SET extra_float_digits = -15;
        ALTER DATABASE ${database} SET default_transaction_read_only = on`,
      );
      // Alembic itself may not get on there; it is not refused.
      const env = envOf('plain', driver);
      expect(await refusal({ server: wrong, database, env })).toMatch(/\(marker vm_prod, system \d+\)/);
      expect((await upgrade({ server: right, database, env })).plans).toBeDefined();
    },
  );

  test('the question leaves no transaction open, and autocommit as it was', async () => {
    const database = await makeDatabases();
    const { stdout } = await upgrade({ server: right, database, env: TRANSACTION });
    expect(stdout.trim().split('\n')).toEqual([
      'psycopg2 0 False',
      'psycopg 0 False',
      'psycopg autocommit 0 True',
      'psycopg async 0 False',
      'asyncpg False',
    ]);
  });

  test('an env.py that swallows what failed is found out: the database is not where alembic was to lead it', async () => {
    const database = await makeDatabases();
    await asked(right, database, (client) => client.query('CREATE TABLE migrated ()'));
    const result = await upgrade({ server: right, database, env: envOf('catching', 'psycopg') });
    expect(result.stdout).toContain('caught ProgrammingError');
    expect(result.status).toBe(0);
    expect(result.plans).toHaveLength(1);
    const landing = await asked(right, database, (client) => readLanding(client, result.plans![0]!));
    expect(landing).toEqual({ planned: ['0001'], found: [] });
    expect(hasLanded(landing)).toBe(false);
  });

  test('status, output and traceback are those of plain alembic', async () => {
    const database = await makeDatabases();
    await asked(right, database, (client) => client.query('CREATE TABLE migrated ()'));
    for (const words of [['upgrade', 'head'], ['upgrade', 'nowhere'], ['upgrade'], ['stamp', 'head']]) {
      const cell = { server: right, database, env: envOf('plain', 'psycopg2'), words };
      const bound = await upgrade(cell);
      const plain = await container.start(['alembic', '-c', `project_${projects}.ini`, ...words], {
        WHERE: `${right}:5432`,
        FIRST: `${right}:5432`,
        NAME: database,
        LOGIN: 'app',
      });
      expect(bound.stderr).toBe(plain.stderr);
      expect(bound.stdout).toBe(plain.stdout);
      expect(bound.status).toBe(plain.status);
    }
  });

  test('where the Python of alembic cannot be told, the refusal says so, and what would do', async () => {
    write('bin/alembic', '#!/bin/sh\nexec python3 -m alembic "$@"\n');
    const inPath =
      (path: string) =>
      (words: readonly string[]): Promise<Result> =>
        run(['docker', 'exec', '--env', `PATH=${path}`, application, ...words]);
    chmodSync(join(folder, 'bin/alembic'), 0o755);
    await expect(pythonIn('application', inPath('/project/bin:/usr/bin:/bin'))).rejects.toThrow(
      'which database alembic reaches in service application cannot be seen: /project/bin/alembic is no script of Python: nothing was touched',
    );
    await expect(pythonIn('application', inPath('/nonexistent'))).rejects.toThrow(
      /its Python could not be looked for \(.*sh.*\): nothing was touched/s,
    );
    // Named, it is used without looking.
    const database = await makeDatabases();
    const python = (): Promise<Python> => Promise.resolve({ words: ['python3'], script: undefined });
    const env = envOf('plain', 'psycopg');
    await refusal({ server: wrong, database, env, python });
    expect((await upgrade({ server: right, database, env, python })).status).toBe(0);
    const without = (): Promise<Python> => Promise.resolve({ words: ['python3', '-S'], script: undefined });
    expect(await refusal({ server: right, database, env, python: without })).toContain(
      "alembic's own Python cannot say which database it reaches (No module named 'alembic'): nothing was touched",
    );
  });

  test('of all that, the other server has seen nothing but the question which database it is', async () => {
    const { stdout, stderr } = await run(['docker', 'logs', wrong]);
    const seen = (stdout + stderr)
      .split('\n')
      .filter((line) => /^STATEMENT-OF <(?!the test>|psql>)/.test(line));
    const statements = seen.filter((line) => /(statement|execute [^:]*): /.test(line));
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter((line) => !line.includes('/* makesafe: which database is this? */'))).toEqual(
      [],
    );
  });
});
