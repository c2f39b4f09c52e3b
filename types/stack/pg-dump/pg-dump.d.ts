import type { Duplex, Writable } from 'node:stream';
import { type Result } from '../../system/process.ts';
import type { Login } from '../postgres/login.ts';
import { type Settings } from '../postgres/settings.ts';
/**
 * Runs pg_dump (WebAssembly) over a connection to a server.
 *
 * @param connection is closed in the end
 * @param output is ended when the dump is written
 * @param settings beyond those that every pg_dump has
 */
export declare function pgDump(
  connection: Duplex,
  login: Login,
  args: readonly string[],
  output: Writable,
  settings?: Settings,
): Promise<Result>;
