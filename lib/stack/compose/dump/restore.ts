import { PassThrough, type Transform } from 'node:stream';
import type { ToText } from '../../../dump/read/dump.ts';
import { openDump } from '../../../dump/read/recognise.ts';
import { FailedError } from '../../../errors.ts';
import { run, type Result } from '../../../system/process.ts';
import type { Engine } from '../engine/engine.ts';
import { runIn } from '../engine/exec.ts';

/** pg_restore reads the directory format from a folder only. Arguments: those of pg_restore, without the folder. */
const FROM_DIRECTORY = `
  folder=$(mktemp -d) || exit 1
  trap 'rm -rf "$folder"' EXIT
  tar -C "$folder" -xf - && pg_restore "$@" "$folder"
`;

/** Without a database, pg_restore only writes text. LC_ALL makes it UTF-8, which our reader expects. */
const TO_TEXT = ['--no-owner', '--no-acl', '-f', '-'];

/**
 * Converts an archive to SQL with the pg_restore of the database's container, which supports more compression methods
 * than Node.
 *
 * @param container called only when an archive is converted
 */
export function textWithin(engine: Engine, container: () => Promise<string>): ToText {
  return (dump, meter) => {
    const output = new PassThrough();
    const work = async (): Promise<void> => {
      const id = await container();
      const how = { env: { LC_ALL: 'C.UTF-8' }, output };
      const { status, stderr } =
        dump.kind === 'custom'
          ? await runIn(engine, id, ['pg_restore', ...TO_TEXT], { ...how, input: openDump(dump, meter) })
          : await sendFolder(dump.path, meter, (input) =>
              runIn(engine, id, ['bash', '-c', FROM_DIRECTORY, 'bash', ...TO_TEXT], { ...how, input }),
            );
      if (status !== 0)
        throw new FailedError(`pg_restore cannot read it (status ${status}): ${stderr.trim()}`);
    };
    work().catch((error: Error) => output.destroy(error));
    return output;
  };
}

async function sendFolder(
  path: string,
  meter: Transform,
  receive: (tar: Transform) => Promise<Result>,
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
