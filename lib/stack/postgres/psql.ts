import { Readable } from 'node:stream';
import { display } from '../../output/display.ts';
import type { Command } from '../../system/command.ts';
import { UnreachableError } from '../../errors.ts';
import { run, type RunOptions } from '../../system/process.ts';
import { whileTerminalIsLent } from '../../system/signals.ts';
import type { StackOptions } from '../options.ts';

/** What a person wants of psql. */
export interface PsqlOptions {
  /** What it is to run; without one it reads what is typed or piped. */
  readonly sql: string | undefined;
  /** Transactions of the session read only, unless the person says otherwise in it. */
  readonly readOnly: boolean;
  /** The environment, for the prompt. */
  readonly environment: string;
}

/** How a person reads and writes; nothing of it chooses a database. */
const HABITS = ['PAGER', 'PSQL_PAGER', 'LESS', 'EDITOR', 'VISUAL', 'PSQL_EDITOR', 'PSQL_HISTORY'];

/** Whether a person sits there: then psql has a prompt and a terminal. */
export const isTyped = (sql?: string): boolean =>
  sql === undefined && process.stdin.isTTY === true && process.stdout.isTTY === true;

/**
 * What psql is given beside the place to connect to. A script stops at its first error; it comes by the input, because
 * every user of the machine may read arguments.
 *
 * @see https://www.postgresql.org/docs/current/app-psql.html
 */
export function psqlArguments({ sql, readOnly, environment }: PsqlOptions): string[] {
  const prompt = `[${environment}${readOnly ? ' read-only' : ''}] %/%R%x%# `;
  return isTyped(sql)
    ? ['-w', '-v', `PROMPT1=${prompt}`, '-v', `PROMPT2=${prompt}`]
    : ['-w', '-X', '-v', 'ON_ERROR_STOP=1', '-f', '-'];
}

/** Settings that the session begins with: they count more than those of role and database. */
export const psqlSettings = ({ readOnly }: PsqlOptions): string =>
  readOnly ? '-c default_transaction_read_only=on' : '';

/** The input of a psql that nobody types into. @param before lines in front of it */
export function psqlInput(sql: string | undefined, before = ''): Readable {
  return Readable.from(sql === undefined ? piped(before) : [`${before}${sql}\n`]);
}

async function* piped(before: string): AsyncGenerator<string | Buffer> {
  if (before !== '') yield before;
  yield* process.stdin as AsyncIterable<Buffer>;
}

/** Runs a command with the person's terminal, what it writes being the result. @returns its status; 0 in a dry run */
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
 * The psql of this machine.
 *
 * @param variables where to connect to, as libpq takes it
 * @throws UnreachableError where there is none
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
