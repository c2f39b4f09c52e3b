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
  /** `source`: a folder on the engine's host. `data`: the data directory's path below it; '' for the folder itself. */
  | { readonly kind: 'bind'; readonly source: string; readonly data: string }
  /** A volume whose data is elsewhere, on NFS for instance, and stays there when the volume is removed. */
  | { readonly kind: 'device'; readonly name: string; readonly device: string }
  | { readonly kind: 'tmpfs' }
  /** The data directory is in the container's own layer and goes with it. */
  | { readonly kind: 'container' }
  /** A folder of this machine's own, of an embedded server. */
  | { readonly kind: 'folder'; readonly path: string }
  /** Storage of a server that somebody else runs: makesafe cannot reach it. */
  | { readonly kind: 'server'; readonly address: string }
  /** Unknown: no container exists, and the next start creates new storage. */
  | { readonly kind: 'none' };

/** What a destructive task will destroy. */
export interface Target {
  /** Where the engine listens: `unix:///var/run/docker.sock`. */
  readonly engine: string;
  /** The host's name, as the engine reports it. */
  readonly host: string;
  /** Compose project; for an embedded server the environment's name. */
  readonly project: string;
  readonly database: string;
  readonly user: string;
  /** `container 0123456789ab (running)`, `process 4711`; undefined when there is none. */
  readonly server: string | undefined;
  readonly running: boolean;
  /** Of a cluster: what each of its servers is, a line each. It changes all the time, and is no part of the target. */
  readonly nodes?: readonly string[];
  readonly storage: Storage;
  /** Containers of other projects that use the storage: `other-db-1 (project other)`. */
  readonly otherUsers: readonly string[];
  /** The path on the server's own machine or in its container. */
  readonly dataDirectory?: string;
  /** The folder on the engine's or the server's host that holds the data; undefined if unknown. */
  readonly folder?: string | undefined;
  /** A digest of each part of the resolved compose configuration. */
  readonly configuration?: Readonly<Record<string, string>>;
}
