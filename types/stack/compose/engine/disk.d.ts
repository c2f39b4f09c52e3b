import type { Engine } from './engine.ts';
/** Bytes that are free where a container has a folder; undefined where that cannot be found out. */
export declare function freeSpaceIn(
  engine: Engine,
  container: string,
  folder: string,
): Promise<number | undefined>;
