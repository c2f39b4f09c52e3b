import type { Client } from 'pg';
import { type Statement } from './lexer.ts';
/**
 * Runs a script statement by statement, to its end or, where it has ON_ERROR_STOP set, to the first error.
 *
 * @throws ConfigurationError for a backslash command that only psql knows
 */
export declare function runStatements(client: Client, script: string, file?: string): Promise<ScriptError[]>;
/**
 * Splits a script at the semicolons that end statements.
 *
 * @throws ConfigurationError naming command and line for a backslash command other than `\set ON_ERROR_STOP`
 */
export declare function splitStatements(script: string, file?: string): Statement[];
/** Says that a backslash command of psql cannot be run without psql. */
export declare function refuseCommand(command: string, place: string): never;
/** A statement of a script that the server refused. */
export interface ScriptError {
  readonly line: number;
  readonly message: string;
}
