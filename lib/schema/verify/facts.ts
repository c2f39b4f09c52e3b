import type { QueryResultRow } from 'pg';
import { readLanded, type AlembicRun } from '../../migrations/alembic.ts';
import { askAlembic, readHeads } from '../../migrations/ask-alembic.ts';
import { readMarkers } from '../../database/contents.ts';
import { overOneConnection, type AskDatabase } from '../../database/one-connection.ts';
import { readCertainRevisions } from '../../database/revisions.ts';
import { readonlyRoleOf, schemasOf } from '../../environment/registry.ts';
import { FailedError } from '../../errors.ts';
import type { Heads } from '../../stack/alembic/heads.ts';
import { once } from '../../system/memoise.ts';
import type { ServiceHealth } from '../../stack/stack.ts';
import type { StackRun } from '../../run/run.ts';
import type { Comparing } from '../compare/comparing.ts';
import type { Comparison } from '../compare/comparison.ts';

/** What the checks ask about an environment. Each question is asked only when needed, and only once. */
export interface VerifyFacts {
  readonly environment: string;
  readonly database: string;
  /** BASE as it was typed; undefined without BASE. */
  readonly baseName: string | undefined;
  /** The facts of BASE; undefined if it is a dump file. */
  readonly base: VerifyFacts | undefined;
  /** The role that may read but not write, and the schemas that it reads; undefined if there is none. */
  readonly reader: { readonly role: string; readonly schemas: readonly string[] } | undefined;
  readonly command: StackRun['command'];
  readonly services: () => Promise<readonly ServiceHealth[]>;
  /** The environment that the database is marked for. */
  readonly marker: () => Promise<string | undefined>;
  /** Runs work on a connection to the environment's database. */
  readonly ask: AskDatabase;
  readonly query: <R extends QueryResultRow>(sql: string, values?: readonly unknown[]) => Promise<R[]>;
  /** The revisions that the database is at. */
  readonly current: () => Promise<readonly string[]>;
  readonly heads: () => Promise<Heads>;
  /** Whether the team intends to have several heads. */
  readonly severalHeads: boolean;
  readonly comparison: () => Promise<Comparison>;
}

/** The facts of BASE, and the comparison with it. */
export interface FactsOfBase extends Comparing {
  readonly name: string;
  /** Undefined for a dump file. */
  readonly facts: VerifyFacts | undefined;
}

/** The facts of an environment. Nothing is read before it is needed. */
export function factsOf(run: AlembicRun, base?: FactsOfBase): VerifyFacts {
  const { environment, stack, registry, command } = run;
  const role = readonlyRoleOf(registry, environment.names.rolesScript);
  const ask = overOneConnection(stack);
  return {
    environment: environment.name,
    database: stack.database.name,
    baseName: base?.name,
    base: base?.facts,
    reader: role === undefined ? undefined : { role, schemas: schemasOf(registry) },
    command,
    services: once(() => stack.health()),
    marker: once(() => ask(async (client) => (await readMarkers(client))[stack.database.name])),
    ask,
    query: (sql, values = []) => ask(async (client) => (await client.query(sql, [...values])).rows as never),
    // Alembic takes most of a second to start, so ask it only for what the database cannot tell.
    current: once(async () => (await ask(readCertainRevisions)) ?? currentOf(run)),
    heads: once(() => readHeads(run)),
    severalHeads: registry.severalHeads === true,
    comparison: once(() => base?.compare() ?? Promise.reject(new Error('nothing to compare with'))),
  };
}

async function currentOf(run: AlembicRun): Promise<readonly string[]> {
  const { plans } = await askAlembic(run, 'current');
  if (plans) return readLanded(run, plans);
  throw new FailedError(
    `which of several version tables is that of ${run.environment.name} is for alembic to say, and which database it reaches cannot be seen`,
    { hint: run.command('al-cur-env', { ENV: run.environment.name }) },
  );
}
