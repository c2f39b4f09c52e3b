import { Readable } from 'node:stream';
import type { Command } from '../../system/command.ts';
import { type RunOptions } from '../../system/process.ts';
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
/** Whether a person sits there: then psql has a prompt and a terminal. */
export declare const isTyped: (sql?: string) => boolean;
/**
 * What psql is given beside the place to connect to. A script stops at its first error; it comes by the input, because
 * every user of the machine may read arguments.
 *
 * @see https://www.postgresql.org/docs/current/app-psql.html
 */
export declare function psqlArguments({ sql, readOnly, environment }: PsqlOptions): string[];
/** Settings that the session begins with: they count more than those of role and database. */
export declare const psqlSettings: ({ readOnly }: PsqlOptions) => string;
/** The input of a psql that nobody types into. @param before lines in front of it */
export declare function psqlInput(sql: string | undefined, before?: string): Readable;
/** Runs a command with the person's terminal, what it writes being the result. @returns its status; 0 in a dry run */
export declare function lend(
  command: Command,
  { actor }: Pick<StackOptions, 'actor'>,
  options: RunOptions,
): Promise<number>;
/**
 * The psql of this machine.
 *
 * @param variables where to connect to, as libpq takes it
 * @throws UnreachableError where there is none
 */
export declare function psqlHere(
  options: Pick<StackOptions, 'actor'>,
  asked: PsqlOptions,
  variables: Readonly<Record<string, string>>,
): Promise<number>;
