import type { Storage } from '../../stack.ts';
import type { ComposeConfig } from '../config/config.ts';
import type { ActualVolume, ListedContainer, ListedNetwork } from '../containers/container.ts';
import type { Holds } from '../storage/folder.ts';
import type { Inside } from '../storage/inside.ts';
/** All that the plan of a reset is made from. */
export interface ProjectFacts {
  readonly project: string;
  readonly databaseService: string;
  /** As it was resolved, and as compose is given it. */
  readonly config: ComposeConfig;
  /** Of the whole engine: those of others may use what is ours. */
  readonly containers: readonly ListedContainer[];
  readonly volumes: readonly ActualVolume[];
  readonly networks: readonly ListedNetwork[];
  readonly storage: Storage;
  /** What the data directory leads to; undefined where there is none to look into. */
  readonly inside: Inside | undefined;
  /** Of a bind mount: where it lies, and what is in the data directory's place. */
  readonly folder:
    | {
        readonly lies: 'inside' | 'outside' | 'behind a link';
        readonly holds: Holds;
        /** What the mount's source is behind all links, where they can be followed from here. */
        readonly leads?: string;
      }
    | undefined;
  /** Why the storage could not be looked into. */
  readonly unseen: string | undefined;
  /** The line that empties the database and leaves the storage. */
  readonly instead: string;
}
