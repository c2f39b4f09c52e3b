import type { Terminal } from '../../../output/terminal.ts';
import type { ScriptError } from '../../../sql/run-statements.ts';
import type { DatabaseSettings } from './login.ts';
import type { From } from './relay.ts';
import type { Engine } from '../engine/engine.ts';
/**
 * Runs a script by the psql of a container, to its end, and tells which statements failed.
 *
 * @param allowed psql is started once this is kept
 */
export declare function runPsql(
  engine: Engine,
  container: string,
  {
    user,
    name,
    password,
    port,
    from,
  }: DatabaseSettings & {
    readonly from: From;
  },
  file: string,
  terminal: Terminal,
  allowed?: Promise<unknown>,
): Promise<ScriptError[]>;
/**
 * The errors that psql reported: `psql:<stdin>:12: ERROR:  …`, each with the lines that follow it. They are counted
 * from the messages because a script may switch ON_ERROR_STOP off, and psql then ends with status 0.
 */
export declare function scriptErrors(stderr: string): ScriptError[];
