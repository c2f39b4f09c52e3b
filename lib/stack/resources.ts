/** A resource that an environment uses, and where that is written: `docker/docker-compose.stg.yml:14`. */
export interface Resource {
  readonly value: string;
  readonly at: string;
}

/** A name or a port that only one stack on an engine can use. */
export interface Exclusive extends Resource {
  readonly what: 'container name' | 'port' | 'network';
  /** For a port: the address of the engine's host that it is bound to; empty for all addresses. */
  readonly address?: string;
}

/** The resources that an environment's configuration uses, whether or not its stack runs. */
export interface Resources {
  readonly environment: string;
  readonly protected: boolean;
  /** Environments on different engines share nothing. Empty for this machine's default engine, and for no engine. */
  readonly engine: string;
  /** The host that the registry pins its engine to, if it does: no other host's engine holds its resources. */
  readonly host?: string;
  readonly projects: readonly Resource[];
  /** Volumes that `down -v` would remove, and the volume that holds the database's data. */
  readonly volumes: readonly Resource[];
  /** External volumes: it uses them, but something else creates and removes them. */
  readonly external: readonly Resource[];
  /** Folders that hold the database's data. */
  readonly folders: readonly Resource[];
  /** `host:port` of the database, with `/database` where a server may have several. */
  readonly addresses: readonly Resource[];
  /** What only one stack of an engine can have at a time; undefined for a stack without containers. */
  readonly exclusive?: readonly Exclusive[];
  /** Why the configuration could not be read here. */
  readonly unread?: string;
}
