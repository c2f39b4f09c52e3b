import { dirname, join, resolve } from 'node:path';
import type { StackRun } from '../../run/run.ts';

/** A file or folder on this machine that is still needed after the action. */
export interface Needed {
  /** The name that the message uses: `BACKUP_DIR`, `the journal`. */
  readonly what: string;
  readonly path: string;
}

/** Parameters whose value is a file or folder. */
const PATHS = ['BACKUP_DIR', 'OUT', 'HTML', 'DUMP', 'SQL', 'BOOTSTRAP_ROLES_SQL'];

/** Files and folders that must not lie in what is removed. */
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
