import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { RefusedError } from '../../lib/errors.ts';
import { readReached } from '../../lib/migrations/binding.ts';
import { pythonIn, pythonOf } from '../../lib/migrations/find-python.ts';
import type { Python } from '../../lib/migrations/interpreter.ts';
import { hasLanded, readLanding } from '../../lib/migrations/landing.ts';
import { runAlembic, type AlembicResult, type Place } from '../../lib/migrations/run-alembic.ts';
import { serverAnswers } from '../helpers/database.ts';
import { DRIVERS, KINDS, REVISION, envOf, type Driver, type Kind } from '../helpers/env-py.ts';
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
  }
  let projects = 0;

  async function upgrade(cell: Cell): Promise<AlembicResult> {
    const { runner = container, server, database, env, words = ['upgrade', 'head'], variables = {} } = cell;
    const project = `project_${++projects}`;
    write(`${project}/env.py`, env);
    write(`${project}.ini`, `[alembic]\nscript_location = ${project}\nversion_locations = versions\n`);
    const [there, first] = await Promise.all([runner.address(server), runner.address(right)]);
    const place: Place = {
      environment: 'vm_stg',
      settings: 'the settings',
      nameThePython: 'name it',
      readReached: () => asked(right, database, readReached),
      python: cell.python ?? runner.python,
      start: (args, instead) =>
        runner.start(
          [...(instead ? [...instead.words, '-'] : ['alembic']), '-c', `${project}.ini`, ...args],
          {
            ...{ WHERE: there, FIRST: first, NAME: database },
            ...variables,
          },
          instead?.input,
        ),
    };
    return runAlembic(place, words, {});
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

  test.concurrent.each(CELLS)('%s, %s, %s: bound', async (_where, driver, kind, runner) => {
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
    expect(plans).toEqual([{ plan: ['0001'], table: 'alembic_version', schema: null }]);
    expect(await tables(right, database)).toEqual([
      ...['alembic_version', 'migrated'],
      ...(kind === 'raw connection' ? ['raw_was_here'] : []),
    ]);
    expect(hasLanded(await asked(right, database, (client) => readLanding(client, plans![0]!)))).toBe(true);
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
