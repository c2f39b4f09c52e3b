import type { Client } from 'pg';
import { ConfigurationError, messageOf } from '../errors.ts';
import { Splitter, type Statement } from './lexer.ts';

/**
 * Runs a script statement by statement, to its end or, where it has ON_ERROR_STOP set, to the first error.
 *
 * @throws ConfigurationError for a backslash command that only psql knows
 */
export async function runStatements(client: Client, script: string, file = ''): Promise<ScriptError[]> {
  const errors: ScriptError[] = [];
  for (const { sql, line, stopOnError } of splitStatements(script, file)) {
    try {
      await client.query(sql);
    } catch (error) {
      errors.push({ line, message: messageOf(error) });
      if (stopOnError) break;
    }
  }
  return errors;
}

/**
 * Splits a script at the semicolons that end statements.
 *
 * @throws ConfigurationError naming command and line for a backslash command other than `\set ON_ERROR_STOP`
 */
export function splitStatements(script: string, file = ''): Statement[] {
  const splitter = new Splitter((command, line) =>
    refuseCommand(command, `${file && `${file}, `}line ${line}`),
  );
  return [...script.split(/(?<=\n)/).flatMap((line) => splitter.feed(line)), ...splitter.end()];
}

/** Says that a backslash command of psql cannot be run without psql. */
function refuseCommand(command: string, place: string): never {
  throw new ConfigurationError(
    `${place}: ${command} is a command of psql, which a stack without containers does not have`,
    {
      hint: 'write it in SQL, or use the compose stack',
    },
  );
}

/** A statement of a script that the server refused. */
export interface ScriptError {
  readonly line: number;
  readonly message: string;
}
