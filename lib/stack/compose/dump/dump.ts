import { mkdir } from 'node:fs/promises';
import { PassThrough, type Transform } from 'node:stream';
import { FailedError } from '../../../errors.ts';
import { run } from '../../../system/process.ts';
import type { Stack } from '../../stack.ts';
import type { DatabaseSettings } from '../connection/login.ts';
import type { Engine } from '../engine/engine.ts';
import { nowhere } from '../../../dump/dump-file.ts';
import { runIn } from '../engine/exec.ts';
import { DUMPER, whileDumping } from '../../postgres/programs.ts';
import { PROGRAM_OPTIONS, programOptions } from '../../postgres/settings.ts';
import { FIND_SERVER } from '../connection/find-server.ts';
import { addressOf } from '../connection/connect.ts';
import { openRelay } from '../connection/relay.ts';
import { withSession } from '../connection/connections.ts';
import { dumpFailed } from '../../pg-dump/dump-failed.ts';

/**
 * pg_dump writes a directory only on its own machine: here a temporary folder of the container, which is sent as tar
 * and then removed. When the task ends, its standard input ends, and that ends pg_dump.
 *
 * Arguments: jobs, user, database, bytes that it may need, `loopback` or `network`, the port, the value of --compress.
 */
const DUMP_DIRECTORY = `# pg_dump, and tar of what it made
  ${FIND_SERVER}
  find_server "$5" "$6"; compress=$7
  IFS= read -r PGPASSWORD; export PGPASSWORD
  set -u
  exec 4<&0 </dev/null
  folder=$(mktemp -d) || exit 1
  trap 'rm -rf "$folder"' EXIT
  set -- $(stat -f -c '%a %S' "$folder") "$@"
  if [ $(($1 * $2)) -lt "$6" ]; then
    echo "the container has $(($1 * $2 / 1000000)) MB free for it, and it may need $(($6 / 1000000)) MB" >&2
    exit 1
  fi
  pg_dump --format=directory --jobs="$3" -h "$host" -p "$port" -U "$4" -d "$5" -f "$folder/dump" \
    \${compress:+--compress="$compress"} >&2 & work=$!
  (read -r -u 4; kill "$work" 2>/dev/null) & watch=$!
  wait "$work"; status=$?
  if [ "$status" = 0 ]; then
    chmod -R go-rwx "$folder/dump" && tar -C "$folder/dump" -cf - .
    status=$?
  fi
  kill "$watch" 2>/dev/null
  wait
  exit "$status"
`;

/** Arguments: `loopback` or `network`, the port, those of pg_dump. */
const DUMP = `# pg_dump
  ${FIND_SERVER}
  find_server "$1" "$2"
  IFS= read -r PGPASSWORD; export PGPASSWORD
  exec pg_dump -h "$host" -p "$port" "\${@:3}"
`;

/**
 * Settings of role or database must not change a dump. For instance, pg_dump prints bounds of partitions in the
 * session's time zone, which is not part of the schema; libpq takes the time zone from PGTZ.
 */
const ENVIRONMENT = { PGTZ: 'UTC', PGOPTIONS: PROGRAM_OPTIONS, PGAPPNAME: DUMPER };

type Dumping = Pick<Stack, 'pgDump' | 'compression' | 'dump' | 'dumpDirectory'>;

/** A fifth of gzip's time, for files of the same size. pg_dump 16 and later has it, if it was built with it. */
const BEST = 'zstd:3';
/** An almost empty dump, to test whether this pg_dump can compress so: its version alone does not tell. */
const TRIAL = ['--format=custom', `--compress=${BEST}`, '--schema-only', '--exclude-schema=*'];

/** Makes the methods of `Stack` that dump, with the pg_dump of the database's container. */
export function dumping(
  engine: Engine,
  container: () => Promise<string>,
  settings: DatabaseSettings,
): Dumping {
  const { user, name, password, port } = settings;
  const env = ENVIRONMENT;
  // The password goes to standard input: requests to the engine may be logged.
  const input = `${password}\n`;
  const server = async (id: string): Promise<string[]> => [
    await addressOf(engine, id, settings),
    String(port ?? ''),
  ];
  const saidIn = <T>(id: string, dump: Promise<T>): Promise<T> =>
    whileDumping((question) => withSession(engine, id, settings, name, question), dump);
  const dump: Dumping['dump'] = async (
    args,
    output,
    { pgDump: by = 'own', settings: more, database = name } = {},
  ) => {
    const id = await container();
    if (by === 'bundled') {
      const { pgDump } = await import('../../pg-dump/pg-dump.ts');
      const { connection } = openRelay(engine, id, { from: await addressOf(engine, id, settings), port });
      return saidIn(id, pgDump(connection, { user, password, database }, args, output, more));
    }
    const words = ['bash', '-c', DUMP, 'bash', ...(await server(id)), '-U', user, '-d', database, ...args];
    const ours = { ...env, PGOPTIONS: programOptions(more) };
    return saidIn(id, runIn(engine, id, words, { input, output, env: ours }));
  };
  const compression = async (): Promise<string | undefined> =>
    (await dump(TRIAL, nowhere())).status === 0 ? BEST : undefined;
  return {
    pgDump: 'own',
    compression,
    dump,

    async dumpDirectory(jobs, folder, meter, needed) {
      const id = await container();
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const compress = await compression();
      const given = [String(jobs), user, name, String(needed), ...(await server(id)), compress ?? ''];
      const script = ['bash', '-c', DUMP_DIRECTORY, 'bash', ...given];
      const held = new PassThrough();
      held.write(input);
      const [{ status, stderr }] = await Promise.all([
        saidIn(id, runIn(engine, id, script, { input: held, output: meter, env })),
        unpack(meter, folder),
      ]);
      if (status !== 0) throw dumpFailed({ status, stderr });
    },
  };
}

async function unpack(tar: Transform, folder: string): Promise<void> {
  const { status, stderr } = await run({ file: 'tar', args: ['-xf', '-', '-C', folder] }, { input: tar });
  if (status === 0) return;
  const error = new FailedError(`${folder} cannot be written: ${stderr.trim()}`);
  // Ends the stream: nobody reads the rest.
  tar.destroy(error);
  throw error;
}
