import type { Client } from 'pg';
import type { Stack } from '../../stack.ts';
import { type About } from './migration-container.ts';
/**
 * The application's migrations, in a container of its service: one that is made for them. The one that runs may end in the
 * middle, may be older than the files, or may not be there. Only what reads the revisions' files does so in there.
 *
 * @param requireDatabase throws where the database's service does not run
 * @param withClient a client of our own on the environment's database
 */
export declare function migrating(
  about: About,
  requireDatabase: () => Promise<unknown>,
  withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Pick<Stack, 'alembic' | 'isBuiltIn'>;
