import type { Readable, Transform } from 'node:stream';
import { openDump, type Dump } from '../../database/dump.ts';
import { restoreFailure } from '../../database/restore-failure.ts';
import { FailedError } from '../../errors.ts';
import { run, type Result } from '../../process.ts';
import type { Stack } from '../stack.ts';
import type { DatabaseSettings } from './config.ts';
import type { Engine } from './engine.ts';
import { runIn } from './exec.ts';
import { scriptErrors } from './psql.ts';

/** As pg_restore wants it for several jobs: a folder. Arguments: those of pg_restore, but for the folder. */
const RESTORE_DIRECTORY = `
  folder=$(mktemp -d) || exit 1
  trap 'rm -rf "$folder"' EXIT
  tar -C "$folder" -xf - && pg_restore "$@" "$folder"
`;

/** What may be set for the database and would stop a restore. */
const PGOPTIONS = '-c default_transaction_read_only=off -c statement_timeout=0';

/** Restores by the programs in the database's own container. */
export async function restoreWithin(
  engine: Engine,
  container: string,
  settings: DatabaseSettings,
  withClient: Stack['withClient'],
  ...[dump, database, meter, jobs]: Parameters<Stack['restore']>
): Promise<void> {
  const exec = (words: readonly string[], input: Readable): Promise<Result> =>
    runIn(engine, container, words, { input, env: { PGOPTIONS, LC_ALL: 'C.UTF-8' } });
  const where = ['-U', settings.user, '-d', conninfo(database)];
  // Only then does it name the entry that failed.
  const how = ['--verbose', '--exit-on-error', '--no-owner', '--no-acl', ...where];
  // psql would give everything the owners that it had elsewhere.
  if (dump.kind === 'plain' && dump.tables !== undefined) {
    const { restore } = await import('../../database/restore-client.ts');
    return withClient(database, (client) => restore(client, dump, meter));
  }
  if (dump.kind === 'plain') {
    const psql = ['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', ...where, '-f', '-', '-o', '/dev/null'];
    const result = await exec(psql, openDump(dump, meter));
    if (result.status !== 0) throw psqlFailure(result);
    return;
  }
  const result =
    dump.kind === 'custom'
      ? await exec(['pg_restore', ...how], openDump(dump, meter))
      : await sendFolder(dump, meter, (input) =>
          exec(['bash', '-c', RESTORE_DIRECTORY, 'bash', `--jobs=${jobs}`, ...how], input),
        );
  if (result.status !== 0) throw pgRestoreFailure(result);
}

/** A name as libpq takes it, which may look like a connection string. */
const conninfo = (database: string): string => `dbname='${database.replaceAll(/[\\']/g, '\\$&')}'`;

async function sendFolder(
  { path }: Dump,
  meter: Transform,
  receive: (tar: Readable) => Promise<Result>,
): Promise<Result> {
  const tar = { file: 'tar', args: ['-cf', '-', '-C', path, '.'] };
  const [received, sent] = await Promise.all([
    receive(meter),
    run(tar, { output: meter }).catch(() => undefined),
  ]);
  if (received.status === 0 && sent?.status !== 0)
    throw new FailedError(`${path} cannot be read: ${sent?.stderr}`);
  return received;
}

/** Of pg_restore's messages, the first error and the entry that it was about. */
export function pgRestoreFailure({ status, stderr }: Pick<Result, 'status' | 'stderr'>): FailedError {
  const messages = stderr.trim().split(/^pg_restore: /m);
  const error = messages.find((message) => message.startsWith('error: '));
  if (error === undefined) return new FailedError(`pg_restore failed (status ${status}): ${stderr.trim()}`);
  const entry = messages.find((message) => message.startsWith('from TOC entry '));
  const [why, statement] = error.replace(/^error: (could not execute query: )?/, '').split(/^Command was: /m);
  return restoreFailure(
    entry?.trim().replace(/^from TOC entry \d+; \d+ \d+ /, '') ?? 'its beginning',
    why!.trim().replace(/^\w+: +/, ''),
    statement,
  );
}

/** Of psql's messages, the first error. */
export function psqlFailure({ status, stderr }: Pick<Result, 'status' | 'stderr'>): FailedError {
  const [first] = scriptErrors(stderr);
  if (!first) return new FailedError(`psql failed (status ${status}): ${stderr.trim()}`);
  return restoreFailure(`line ${first.line}`, first.message.trim());
}
