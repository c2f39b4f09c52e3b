import type { Storage } from '../../stack.ts';
import type { ComposeConfig } from '../config/config.ts';
import type { ActualVolume, ListedContainer, ListedNetwork } from '../containers/container.ts';
import type { Holds } from '../storage/folder.ts';
import type { Inside } from '../storage/inside.ts';

/** The input for the plan of a reset. */
export interface ProjectFacts {
  readonly project: string;
  readonly databaseService: string;
  /** The resolved configuration, which compose gets as well. */
  readonly config: ComposeConfig;
  /** All containers on the engine: those of other projects may use our volumes and networks. */
  readonly containers: readonly ListedContainer[];
  readonly volumes: readonly ActualVolume[];
  readonly networks: readonly ListedNetwork[];
  readonly storage: Storage;
  /** Links and mounts in the data directory; undefined if it could not be inspected. */
  readonly inside: Inside | undefined;
  /** For a bind mount: where the folder is, and what the data directory holds. */
  readonly folder:
    | {
        readonly lies: 'inside' | 'outside' | 'behind a link';
        readonly holds: Holds;
        /** The mount's source with all links resolved, if this machine is the engine's host. */
        readonly leads?: string;
      }
    | undefined;
  /** Why the storage could not be inspected. */
  readonly unseen: string | undefined;
  /** What the person can do instead: empty the database and keep the storage. */
  readonly instead: string;
}
