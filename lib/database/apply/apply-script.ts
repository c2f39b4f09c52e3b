import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { counted } from '../../output/display.ts';
import { ConfigurationError, FailedError, MakesafeError, isLost, messageOf } from '../../errors.ts';
import type { Statement } from '../../sql/lexer.ts';
import type { DestructiveRun, StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { assertKnown } from '../asserted.ts';
import { openDump, recognise } from '../../dump/read/recognise.ts';
import { ensureMarker } from '../marker.ts';
import { passWall, withWallOpen } from '../wall.ts';
import { whilePrimary } from '../while-primary.ts';
import { openTransaction } from '../restore/restore-script.ts';
import { readScript, type ScriptItem } from '../../sql/script-reader.ts';

/** A file of SQL that was read to its end, so that its syntax is known to be complete. */
interface Script {
  readonly name: string;
  readonly path: string;
  readonly gzip: boolean;
  readonly statements: number;
  readonly stamp: string;
}

/** How the file is run, and how messages name it. */
interface How {
  /** Whether the whole file is one transaction. */
  readonly oneTransaction: boolean;
  /** The name of the parameter or registry key that names the file. */
  readonly parameter: string;
}

const statements = ({ path, gzip }: Pick<Script, 'path' | 'gzip'>): AsyncGenerator<ScriptItem> =>
  readScript(openDump({ path, gzip }), {
    onCommand: (command, line) => {
      // pg_dump writes these itself, against injected psql commands:
      // https://www.postgresql.org/docs/current/app-psql.html
      if (/^\\(un)?restrict$/.test(command)) return;
      throw new Error(`line ${line}: ${command} is a command of psql, and the file is run without psql`);
    },
  });

/** Statements that would end the transaction around the whole file. */
const ENDS = new Set(['BEGIN', 'START', 'COMMIT', 'END', 'ROLLBACK', 'ABORT']);

/** `ROLLBACK WORK TO SAVEPOINT s` goes back within it: https://www.postgresql.org/docs/current/sql-rollback-to.html */
function endsTransaction({ words: [first, ...rest] }: Statement): boolean {
  if (first === 'PREPARE') return rest[0] === 'TRANSACTION';
  const next = /^(WORK|TRANSACTION)$/.test(rest[0] ?? '') ? rest[1] : rest[0];
  return ENDS.has(first ?? '') && next !== 'TO';
}

/**
 * Reads a script to its end, before the countdown starts.
 *
 * @throws ConfigurationError with what is wrong and, if it is in the text, the line
 */
export async function readWhole(name: string, { oneTransaction, parameter }: How): Promise<Script> {
  const path = resolve(name);
  const refuse = (why: string, hint?: string): never => {
    throw new ConfigurationError(`${parameter}=${name}: ${why}`, hint === undefined ? {} : { hint });
  };
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT'
      ? refuse('no such file', `${parameter}=<a file that is there>`)
      : refuse(messageOf(error)),
  );
  let count = 0;
  try {
    const { kind, gzip } = await recognise(path, stats);
    if (kind !== 'plain') refuse('it is no script, but an archive of pg_dump: restore-from-dump takes it');
    for await (const { statement, data } of statements({ path, gzip })) {
      if (data) await readToEnd(data);
      if (oneTransaction && endsTransaction(statement)) {
        refuse(
          `line ${statement.line}: ${statement.words[0]!}, and all of the file is one transaction`,
          'leave it out of the file; TRANSACTION=0 runs each statement by itself',
        );
      }
      count += 1;
    }
    if (count === 0) refuse('there is no statement in it');
    return { name, path, gzip, statements: count, stamp: stampOf(stats) };
  } catch (error) {
    if (error instanceof MakesafeError) throw error;
    return refuse(messageOf(error));
  }
}

async function readToEnd(data: AsyncIterable<Buffer>): Promise<void> {
  const pieces = data[Symbol.asyncIterator]();
  while (!(await pieces.next()).done);
}

const stampOf = ({ ino, size, mtimeMs }: { ino: number; size: number; mtimeMs: number }): string =>
  `${ino} ${size} ${mtimeMs}`;

/**
 * Runs a script in the existing database, as the environment's own role, up to the first error. In one transaction,
 * either the whole script takes effect or nothing.
 *
 * @throws FailedError with the line and the server's message, or if the file has changed since it was read
 */
export async function applyScript(
  run: StackRun & Partial<Pick<DestructiveRun, 'identity'>>,
  script: Script,
  { oneTransaction }: How,
): Promise<void> {
  const { stack, actor, environment, terminal, identity, command } = run;
  const { name } = stack.database;
  const plan = `psql ${oneTransaction ? '--single-transaction ' : ''}-v ON_ERROR_STOP=1 -d ${name} -f ${script.name}`;
  const left = oneTransaction ? `${name} as it was` : `${name} with a part of ${script.name} in it`;
  const work = async (client: Client): Promise<void> => {
    // As long as this session is connected, nobody can rename or replace the database.
    if (identity) await stack.withClient(name, (ours) => assertKnown(ours, withoutMarker(identity)));
    if (stampOf(await stat(script.path)) !== script.stamp)
      throw new FailedError(`${script.name} has changed meanwhile; nothing was run`);
    await passWall(client, run);
    if (oneTransaction) await client.query('BEGIN');
    await runAll(client, script, oneTransaction);
    if (oneTransaction) await commit(client, script.name, name);
  };
  const session = (): Promise<void> => stack.withClient(name, work, { settings: 'database' });
  await actor.act(plan, () =>
    whilePrimary(run, () => whileUnfinished(left, () => withWallOpen(run, session))),
  );
  if (actor.dryRun) return;
  // A COMMENT ON DATABASE in the script may have removed the marker.
  await ensureMarker(run);
  const how = oneTransaction ? ', in one transaction' : '';
  terminal.ok(
    `${environment.name}: ${counted(script.statements, 'statement')} of ${script.name} run in ${name}${how}`,
  );
  terminal.next(command('health', { ENV: environment.name }));
}

const withoutMarker = ({ name, oid, systemIdentifier }: NonNullable<DestructiveRun['identity']>) => ({
  ...{ name, oid, systemIdentifier },
});

async function runAll(client: Client, script: Script, oneTransaction: boolean): Promise<void> {
  const isOpen = openTransaction(client);
  let done = 0;
  for await (const { statement, data } of statements(script)) {
    try {
      if (data) await pipeline(data, client.query(from(statement.sql)));
      else await client.query(statement.sql);
    } catch (error) {
      const { where } = error as { where?: unknown };
      const row = typeof where === 'string' && where.startsWith('COPY ') ? `\n${where.split('\n')[0]!}` : '';
      const kept = oneTransaction
        ? 'nothing of it was kept'
        : `of the ${counted(done, 'statement')} before it is kept what the file had committed`;
      throw new FailedError(`${script.name}, line ${statement.line}: ${messageOf(error)}${row}; ${kept}`, {
        cause: error,
      });
    }
    done += 1;
  }
  if (!oneTransaction && isOpen())
    throw new FailedError(`${script.name}, its end: a transaction that it began is open, and is not kept`, {
      hint: 'write COMMIT at its end',
    });
}

/** @throws FailedError if COMMIT fails, or if the connection is lost and nobody can know whether it took effect */
async function commit(client: Client, script: string, database: string): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (error) {
    const kept = isLost(error)
      ? `whether it was kept, only ${database} itself can tell: look before you type this again`
      : 'nothing of it was kept';
    throw new FailedError(`${script}, COMMIT: ${messageOf(error)}; ${kept}`, { cause: error });
  }
}
