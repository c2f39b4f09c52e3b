/** Where the server keeps its data, and therefore what a reset has to remove. */
export type Storage =
  | {
      readonly kind: 'volume';
      readonly name: string;
      readonly anonymous: boolean;
      readonly external: boolean;
      /** The compose project that made it, when its label says so. */
      readonly madeFor?: string;
    }
  /** `source` is the folder on the engine's host; `data` the data directory's place below it ('' for itself). */
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly data: string;
    }
  /** A volume whose data is elsewhere, on NFS for instance, and stays there when the volume is removed. */
  | {
      readonly kind: 'device';
      readonly name: string;
      readonly device: string;
    }
  | {
      readonly kind: 'tmpfs';
    }
  /** The data directory is in the container's own layer and goes with it. */
  | {
      readonly kind: 'container';
    }
  /** A folder of this machine's own, of an embedded server. */
  | {
      readonly kind: 'folder';
      readonly path: string;
    }
  /** Kept by a server that somebody else runs, and out of makesafe's reach. */
  | {
      readonly kind: 'server';
      readonly address: string;
    }
  /** Nothing is known of it: no container exists, and the next start makes new storage. */
  | {
      readonly kind: 'none';
    };
/** The facts of what a destructive task will destroy. */
export interface Target {
  /** Where the engine listens: `unix:///var/run/docker.sock`. */
  readonly engine: string;
  /** The engine's own name of its host. */
  readonly host: string;
  /** Compose project; for an embedded server the environment's name. */
  readonly project: string;
  readonly database: string;
  readonly user: string;
  /** `container 0123456789ab (running)`, `process 4711`; undefined when there is none. */
  readonly server: string | undefined;
  readonly running: boolean;
  readonly storage: Storage;
  /** Containers of other projects that use the storage: `other-db-1 (project other)`. */
  readonly otherUsers: readonly string[];
  /** As the server's own machine or container sees it. */
  readonly dataDirectory?: string;
  /** The folder of the engine's or the server's host in which the data lie; undefined where that is not known. */
  readonly folder?: string | undefined;
  /** A digest of each part of the resolved compose configuration. */
  readonly configuration?: Readonly<Record<string, string>>;
}
