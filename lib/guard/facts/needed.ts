import { dirname, join, resolve } from 'node:path';
import type { StackRun } from '../../run/run.ts';

/** A file or folder of this machine that is wanted after the action as well. */
export interface Needed {
  /** As a person calls it: `BACKUP_DIR`, `the journal`. */
  readonly what: string;
  readonly path: string;
}

/** Parameters that name a file or folder that is written or read. */
const PATHS = ['BACKUP_DIR', 'OUT', 'HTML', 'DUMP', 'SQL', 'BOOTSTRAP_ROLES_SQL'];

/** What must not lie in what is removed. */
export function neededOf({ root, values, environment }: StackRun): Needed[] {
  const given = PATHS.flatMap((what) => {
    const value = values[what];
    return typeof value === 'string' && value !== '' && value !== '-' ? [{ what, path: resolve(value) }] : [];
  });
  const { composeFiles } = environment.names;
  return [
    ...given,
    { what: 'the project itself', path: root },
    ...['journal', 'secrets', 'env'].map((name) => ({ what: `the folder ${name}`, path: join(root, name) })),
    ...[...new Set(composeFiles.map((file) => dirname(resolve(root, file))))].map((path) => ({
      what: 'the folder of the compose file',
      path,
    })),
  ];
}
