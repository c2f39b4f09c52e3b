import type { Engine } from './engine.ts';
import { runIn } from './exec.ts';

/** Bytes that are free where a container has a folder; undefined where that cannot be found out. */
export async function freeSpaceIn(
  engine: Engine,
  container: string,
  folder: string,
): Promise<number | undefined> {
  const { status, stdout } = await runIn(engine, container, ['df', '-Pk', folder]);
  const [, kilobytes] = stdout.match(/\n\S+\s+\d+\s+\d+\s+(\d+)/) ?? [];
  return status === 0 && kilobytes !== undefined ? Number(kilobytes) * 1024 : undefined;
}
