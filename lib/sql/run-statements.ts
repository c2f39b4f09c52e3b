import type { Client } from 'pg';
import { ConfigurationError, isLost, messageOf } from '../errors.ts';
import { Splitter, type Statement } from './lexer.ts';

/**
 * Runs a script statement by statement to its end, or with ON_ERROR_STOP to the first error.
 *
 * @returns the errors of the statements
 * @throws ConfigurationError for a psql command, which only psql can run; the error of a session that is lost
 */
export async function runStatements(client: Client, script: string, file = ''): Promise<ScriptError[]> {
  const errors: ScriptError[] = [];
  for (const { sql, line, stopOnError } of splitStatements(script, file)) {
    try {
      await client.query(sql);
    } catch (error) {
      // None of the others could be run.
      if (isLost(error)) throw error;
      errors.push({ line, message: messageOf(error) });
      if (stopOnError) break;
    }
  }
  return errors;
}

/**
 * Splits a script at the semicolons that end statements.
 *
 * @throws ConfigurationError with command and line, for a psql command other than `\set ON_ERROR_STOP`
 */
export function splitStatements(script: string, file = ''): Statement[] {
  const splitter = new Splitter((command, line) =>
    refuseCommand(command, `${file && `${file}, `}line ${line}`),
  );
  return [...script.split(/(?<=\n)/).flatMap((line) => splitter.feed(line)), ...splitter.end()];
}

/** Refuses a psql command, which cannot be run without psql. */
function refuseCommand(command: string, place: string): never {
  throw new ConfigurationError(
    `${place}: ${command} is a command of psql, which a stack without containers does not have`,
    {
      hint: 'write it in SQL, or use the compose stack',
    },
  );
}

/** An error of one statement of a script. */
export interface ScriptError {
  readonly line: number;
  readonly message: string;
}
