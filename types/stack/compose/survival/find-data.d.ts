import type { Files } from './files.ts';
import { type DataFiles, type Mount } from './place.ts';
/**
 * A server's files in a container, running or not: where the server says, else where it was told, else wherever they are.
 * What is in memory can only be seen from inside, and is believed of a container that runs.
 */
export declare function findData(
  files: Files,
  running: boolean,
  mounts: readonly Mount[],
  told: string | undefined,
  configured: string,
): Promise<DataFiles>;
/** Where there is no data, or nobody can tell where. */
export declare const nowhere: (
  directory: string,
) => Pick<DataFiles, 'directory' | 'real' | 'links' | 'elsewhere'>;
