import { Readable } from 'node:stream';
import { display } from '../../output/display.ts';
import type { Command } from '../../system/command.ts';
import { UnreachableError } from '../../errors.ts';
import { run, type RunOptions } from '../../system/process.ts';
import { whileTerminalIsLent } from '../../system/signals.ts';
import type { StackOptions } from '../options.ts';

/** How a person wants psql to run. */
export interface PsqlOptions {
  /** The SQL to run; undefined: psql reads what the person types or pipes. */
  readonly sql: string | undefined;
  /** Transactions are read-only by default; the person can change that in the session. */
  readonly readOnly: boolean;
  /** The environment, for the prompt. */
  readonly environment: string;
}

/** Variables for a person's pager, editor and history. None of them chooses a database. */
const HABITS = ['PAGER', 'PSQL_PAGER', 'LESS', 'EDITOR', 'VISUAL', 'PSQL_EDITOR', 'PSQL_HISTORY'];

/** Whether psql is interactive, with a prompt and a terminal. */
export const isTyped = (sql?: string): boolean =>
  sql === undefined && process.stdin.isTTY === true && process.stdout.isTTY === true;

/**
 * The arguments of psql, without those for the connection. A script stops at its first error. It comes on standard
 * input, because every user of the machine can read a process's arguments.
 *
 * @see https://www.postgresql.org/docs/current/app-psql.html
 */
export function psqlArguments({ sql, readOnly, environment }: PsqlOptions): string[] {
  const prompt = `[${environment}${readOnly ? ' read-only' : ''}] %/%R%x%# `;
  return isTyped(sql)
    ? ['-w', '-v', `PROMPT1=${prompt}`, '-v', `PROMPT2=${prompt}`]
    : ['-w', '-X', '-v', 'ON_ERROR_STOP=1', '-f', '-'];
}

/** PGOPTIONS of the session: they override the settings of role and database. */
export const psqlSettings = ({ readOnly }: PsqlOptions): string =>
  readOnly ? '-c default_transaction_read_only=on' : '';

/** Standard input for a psql that is not interactive. @param before lines to send first */
export function psqlInput(sql: string | undefined, before = ''): Readable {
  return Readable.from(sql === undefined ? piped(before) : [`${before}${sql}\n`]);
}

async function* piped(before: string): AsyncGenerator<string | Buffer> {
  if (before !== '') yield before;
  yield* process.stdin as AsyncIterable<Buffer>;
}

/** Runs a command on the person's terminal; its standard output is the result. @returns its status; 0 in a dry run */
export async function lend(
  command: Command,
  { actor }: Pick<StackOptions, 'actor'>,
  options: RunOptions,
): Promise<number> {
  const result = await actor.act(display(command), () =>
    whileTerminalIsLent(options.input === undefined, () =>
      run(command, { ...options, terminal: true, resultOnStdout: true }),
    ),
  );
  return result?.status ?? 0;
}

/**
 * Runs the psql of this machine.
 *
 * @param variables PG* variables for the connection
 * @returns its status; 0 in a dry run
 * @throws UnreachableError if this machine has no psql
 */
export async function psqlHere(
  options: Pick<StackOptions, 'actor'>,
  asked: PsqlOptions,
  variables: Readonly<Record<string, string>>,
): Promise<number> {
  const habits = HABITS.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  const env = {
    ...(Object.fromEntries(habits) as Record<string, string>),
    ...variables,
    PGOPTIONS: psqlSettings(asked),
    PGAPPNAME: 'psql',
    PGCONNECT_TIMEOUT: '15',
  };
  const input = isTyped(asked.sql) ? {} : { input: psqlInput(asked.sql) };
  try {
    return await lend({ file: 'psql', args: psqlArguments(asked) }, options, { env, ...input });
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new UnreachableError('this machine has no psql, and this environment no container that has one', {
      cause: error,
      hint: 'install it: apt-get install postgresql-client, or brew install libpq',
    });
  }
}
