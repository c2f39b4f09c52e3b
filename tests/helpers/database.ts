import type pg from 'pg';
import { docker, run } from './processes.ts';
import type { Scratch } from './scratch.ts';

/** A database asked through the container's own psql, past the code under test. */
export interface Asker {
  /** Rows as psql prints them unaligned, without headers. Fails when a statement does. */
  readonly sql: (statement: string, database?: string) => Promise<string>;
  /** The same, with the message of the failure instead of rows. */
  readonly refusal: (statement: string, database?: string) => Promise<string>;
}

export function asker(scratch: Scratch, environment: string, user: string, database: string): Asker {
  const psql = (statement: string, name: string): ReturnType<typeof run> => {
    const container = `${scratch.project(environment)}-db-1`;
    const args = ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-U', user, '-d', name, '-f', '-'];
    return run(['docker', 'exec', '-i', container, 'psql', ...args], { input: statement });
  };
  return {
    async sql(statement, name = database) {
      const { status, stdout, stderr } = await psql(statement, name);
      if (status !== 0) throw new Error(`${statement}\n${stderr}`);
      return stdout.trimEnd();
    },
    async refusal(statement, name = database) {
      const { status, stdout, stderr } = await psql(statement, name);
      if (status === 0) throw new Error(`succeeded, with ${stdout}: ${statement}`);
      return stderr.trim();
    },
  };
}

/** The same over connections of the test's own, whose values come as the server prints them. */
export function clientAsker(connect: (database: string) => Promise<pg.Client>, database: string): Asker {
  const ask = async (statement: string, name: string): Promise<string> => {
    const client = await connect(name);
    try {
      const results: unknown = await client.query({ text: statement, rowMode: 'array' });
      const rows = [results]
        .flat()
        .flatMap((result) => (result as pg.QueryArrayResult<(string | null)[]>).rows);
      return rows.map((row) => row.map((value) => value ?? '').join('|')).join('\n');
    } finally {
      await client.end();
    }
  };
  return {
    sql: (statement, name = database) => ask(statement, name),
    async refusal(statement, name = database) {
      const answer = await ask(statement, name).then(
        (rows) => ({ rows }),
        (error: unknown) => String(error),
      );
      if (typeof answer === 'string') return answer;
      throw new Error(`succeeded, with ${answer.rows}: ${statement}`);
    },
  };
}

/** Starts an environment, or some of its services, past the code under test, and waits until its server answers. */
export async function startDatabase(
  scratch: Scratch,
  environment: string,
  ...services: string[]
): Promise<void> {
  await scratch.compose(environment, 'up', '--detach', ...services);
  await serverAnswers(await scratch.container(environment));
}

/** Resolves when the server in a container answers. */
export async function serverAnswers(container: string): Promise<void> {
  // The temporary server of a first start does not listen on TCP.
  const wait =
    'until psql -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "" 2>/dev/null; do sleep 0.05; done';
  await docker('exec', container, 'timeout', '180', 'bash', '-c', wait);
}

/** Brings an environment's whole stack up and its database to head, past the code under test. */
export async function startMigrated(scratch: Scratch, environment: string): Promise<void> {
  await startDatabase(scratch, environment);
  const application = await scratch.container(environment, 'core_api');
  await docker('exec', application, 'alembic', '-c', '/backend/migrations/alembic.ini', 'upgrade', 'head');
}
