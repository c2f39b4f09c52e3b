import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Result } from '../../lib/system/process.ts';
import { CanonicalDump } from '../../lib/schema/canonical/canonical.ts';
import { compare, type CompareOptions } from '../../lib/schema/compare/compare.ts';
import type { Comparison } from '../../lib/schema/compare/comparison.ts';
import { readDatabase, type Scope, type Source } from '../../lib/schema/read/read.ts';
import type { Roles } from '../../lib/schema/read/roles.ts';
import { loadParser } from '../../lib/sql/syntax.ts';
import { findBinaries } from '../../lib/stack/embedded/binaries.ts';
import { pgDump } from '../../lib/stack/pg-dump/pg-dump.ts';
import { openSession } from '../../lib/stack/postgres/session.ts';
import { unprivileged } from '../../lib/stack/embedded/unprivileged.ts';
import { PATIENCE } from './embedded.ts';
import { must } from './processes.ts';
import { freePort } from './free-port.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

const LOGIN: Login = { user: 'app', password: 'of the tests' };

/** A PostgreSQL server without a project around it, for the surrounding suite. Its user is a superuser. */
export function useServer(...settings: string[]): DatabaseServer {
  return useServerOf(undefined, ...settings);
}

/** The same, of another package's version of PostgreSQL. */
export function useServerOf(from: string | undefined, ...settings: string[]): DatabaseServer {
  const server = new DatabaseServer(LOGIN);
  let stop = (): Promise<void> => Promise.resolve();
  beforeAll(async () => (stop = await start(server, from, settings)), PATIENCE);
  afterAll(() => stop(), PATIENCE);
  return server;
}

/** A server for a program that is no test. */
export async function startServer(...settings: string[]): Promise<Started> {
  return startServerOf(undefined, ...settings);
}

/** The same, of another package's version of PostgreSQL. */
export async function startServerOf(from: string | undefined, ...settings: string[]): Promise<Started> {
  const server = new DatabaseServer(LOGIN);
  return { server, stop: await start(server, from, settings) };
}

interface Started {
  readonly server: DatabaseServer;
  readonly stop: () => Promise<void>;
}

/** @returns what stops it and takes its data away */
async function start(
  server: DatabaseServer,
  from: string | undefined,
  settings: readonly string[],
): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'makesafe-server-'));
  const [data, password] = [join(folder, 'data'), join(folder, 'password')];
  const { initdb, postgres, env } = findBinaries(join(folder, 'lib'), from);
  writeFileSync(password, LOGIN.password);
  mkdirSync(data, { mode: 0o700 });
  const made = ['-D', data, '-U', LOGIN.user, `--pwfile=${password}`, '--encoding=UTF8', '--locale=C.UTF-8'];
  const first = await unprivileged(
    { file: initdb, args: [...made, '--auth=scram-sha-256', '--no-sync'] },
    folder,
  );
  await must([first.file, ...first.args], { env });
  server.port = await freePort();
  const usual = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const options = [...usual, ...settings].flatMap((setting) => ['-c', setting]);
  const second = await unprivileged(
    { file: postgres, args: ['-D', data, '-p', String(server.port), ...options] },
    folder,
  );
  const child = spawn(second.file, second.args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const answers = (): Promise<boolean> =>
    server.query('postgres', 'SELECT').then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error('the server did not start');
    await sleep(20);
  }
  return async () => {
    child.kill('SIGQUIT');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
}

export class DatabaseServer {
  port = 0;
  readonly #login: Login;

  constructor(login: Login, port = 0) {
    this.#login = login;
    this.port = port;
  }

  url(database: string): string {
    const { user, password } = this.#login;
    return `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`;
  }

  async withClient<T>(
    database: string,
    work: (client: pg.Client) => Promise<T>,
    login = this.#login,
  ): Promise<T> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, database, ...login, ssl: false });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** As a stack gives it: no setting of server, database or role counts. */
  async withSession<T>(
    database: string,
    work: (client: pg.Client) => Promise<T>,
    login = this.#login,
  ): Promise<T> {
    const connection = (): Socket => connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    const client = await openSession(connection, { ...login, database }, { server: String(this.port) });
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Runs a script in a database; the failing statement is told by its number. */
  query(database: string, ...statements: string[]): Promise<void> {
    return this.withClient(database, async (client) => {
      for (const statement of statements) {
        await client.query(statement).catch((error: Error) => {
          throw new Error(`${error.message}: ${statement.slice(0, 300)}`, { cause: error });
        });
      }
    });
  }

  /** A new database, empty or with what the statements make. */
  async create(database: string, ...statements: string[]): Promise<string> {
    await this.query(
      'postgres',
      `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`,
      `CREATE DATABASE ${database}`,
    );
    await this.query(database, ...statements);
    return database;
  }

  dump(
    database: string,
    args: readonly string[],
    output: Writable,
    login = this.#login,
    settings = {},
  ): Promise<Result> {
    const connection = connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    return pgDump(connection, { ...login, database }, args, output, settings);
  }

  /** A copy of another database of this or another server, made as psql makes it from a plain dump. */
  async restore(from: DatabaseServer, database: string, copy: string): Promise<string> {
    const output = new PassThrough();
    const [{ stderr }, script] = await Promise.all([
      from.dump(database, ['--schema-only'], output),
      text(output.pipe(new CanonicalDump())),
    ]);
    expect(stderr).toBe('');
    // The connection that replays it is not used for anything else.
    return this.create(copy, script);
  }

  source(database: string, roles: Roles = {}, login = this.#login): Source {
    return {
      label: database,
      roles,
      withClient: (work) => this.withSession(database, work, login),
      dump: (args, output, settings) => this.dump(database, args, output, login, settings),
    };
  }
}

export const EVERYTHING: Scope = { catalog: true, privileges: true, plain: false };

/** Compares two databases, of one server or two, as db-diff-schema-env does. */
export async function compareDatabases(
  base: Source,
  compared: Source,
  options: Partial<CompareOptions> & { scope?: Scope } = {},
): Promise<Comparison> {
  const { scope = EVERYTHING } = options;
  await loadParser();
  const [one, other] = await Promise.all([readDatabase(base, scope), readDatabase(compared, scope)]);
  return compare(one, other, { ignore: [], privileges: 'compared', limits: [], ...options });
}
