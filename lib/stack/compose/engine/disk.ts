import type { Engine } from './engine.ts';
import { runIn } from './exec.ts';

/** Free bytes on the disk of a folder in a container; undefined if they cannot be found out. */
export async function freeSpaceIn(
  engine: Engine,
  container: string,
  folder: string,
): Promise<number | undefined> {
  const { status, stdout } = await runIn(engine, container, ['df', '-Pk', folder]);
  const [, kilobytes] = stdout.match(/\n\S+\s+\d+\s+\d+\s+(\d+)/) ?? [];
  return status === 0 && kilobytes !== undefined ? Number(kilobytes) * 1024 : undefined;
}
