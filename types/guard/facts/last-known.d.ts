import type { Contents } from '../../database/contents.ts';
import type { Target } from '../../stack/stack.ts';
import type { Start } from '../record/entry.ts';
/** The environment of the latest run in the same storage, or on the same server. */
export declare function lastKnown(
  starts: readonly Start[],
  target: Target,
  contents: Contents | undefined,
): string | undefined;
