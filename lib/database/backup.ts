import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { FailedError } from '../errors.ts';
import { writeWhole } from '../files.ts';
import type { StackRun } from '../task.ts';

/** What stands in the `.json` beside a backup. */
export interface BackupFacts {
  readonly environment: string;
  readonly database: string;
  readonly serverVersion: string;
  /** Alembic's revisions at the time; more than one when heads were not merged, none before the first migration. */
  readonly revisions: readonly string[];
  /** Bytes of the dump. */
  readonly size: number;
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/**
 * `backup`: a custom-format dump taken by the server's own pg_dump, read back by pg_restore, with its facts beside it.
 * Neither file exists under its name before both are whole.
 */
export async function backup(run: StackRun): Promise<void> {
  const { stack, environment, terminal, actor, values } = run;
  const { name } = stack.database;
  const time = new Date();
  const stamp = time.toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');
  const file = resolve(values['BACKUP_DIR'] as string, `${environment.name}_${fileName(name)}_${stamp}.dump`);

  const size = await actor.act(`pg_dump --format=custom ${name} > ${relative('', file)}`, async () => {
    const about = await stack.withClient(name, readFacts);
    const unverified = `${file}.unverified`;
    try {
      const { size, sha256 } = await dump(run, unverified);
      await stack.verifyArchive(unverified);
      const facts: BackupFacts = {
        ...{ environment: environment.name, database: name, ...about, size, sha256 },
        time: time.toISOString(),
      };
      await writeWhole(`${file}.json`, 0o600, (output) => {
        output.write(`${JSON.stringify(facts, null, 2)}\n`);
      });
      await rename(unverified, file);
      return size;
    } catch (error) {
      for (const half of [unverified, `${file}.json`]) await rm(half, { force: true }).catch(() => {});
      throw error;
    }
  });
  if (size === undefined) return;
  terminal.ok(
    `${name} of ${environment.name} is in ${relative('', file)} (${megabytes(size)}), and can be read`,
  );
  terminal.result(relative('', file));
}

/** Names of databases may hold what names of files may not. */
const fileName = (database: string): string => database.replaceAll(/[/\0]/g, '_');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

async function dump({ stack, terminal }: StackRun, file: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  let shown = performance.now();
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      if (terminal.interactive && performance.now() - shown > 200) {
        shown = performance.now();
        terminal.progress(`backing up … ${megabytes(size)}`);
      }
      done(null, chunk);
    },
  });
  await writeWhole(file, 0o600, async (output) => {
    const [{ status, stderr }] = await Promise.all([
      stack.dump(['--format=custom'], measure),
      pipeline(measure, output),
    ]);
    if (status !== 0) throw new FailedError(`pg_dump failed (status ${status}): ${stderr.trim()}`);
  });
  if (statSync(file).size !== size) throw new FailedError(`${file} is shorter than what pg_dump wrote`);
  return { size, sha256: hash.digest('hex') };
}

async function readFacts(client: Client): Promise<Pick<BackupFacts, 'serverVersion' | 'revisions'>> {
  const { rows } = await client.query<{ version: string; found: boolean }>(
    "SELECT current_setting('server_version') AS version, to_regclass('alembic_version') IS NOT NULL AS found",
  );
  const { version, found } = rows[0]!;
  if (!found) return { serverVersion: version, revisions: [] };
  const revisions = await client.query<{ version_num: string }>(
    'SELECT version_num FROM alembic_version ORDER BY version_num',
  );
  return { serverVersion: version, revisions: revisions.rows.map(({ version_num }) => version_num) };
}
