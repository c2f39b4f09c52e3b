import type { Stack } from '../../stack.ts';
import type { DatabaseSettings } from '../connection/login.ts';
import type { Engine } from '../engine/engine.ts';
type Dumping = Pick<Stack, 'pgDump' | 'compression' | 'dump' | 'dumpDirectory'>;
/** Dumps by the programs in the database's own container. */
export declare function dumping(
  engine: Engine,
  container: () => Promise<string>,
  settings: DatabaseSettings,
): Dumping;
export {};
