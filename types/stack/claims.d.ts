/** Something that an environment claims for itself, and where that is written: `docker/docker-compose.stg.yml:14`. */
export interface Claim {
  readonly value: string;
  readonly at: string;
}
/** A name or a port that the second stack on an engine would not get. */
export interface Exclusive extends Claim {
  readonly what: 'container name' | 'port' | 'network';
  /** Of a port: the address of the engine's host; empty for all of them. */
  readonly address?: string;
}
/** What an environment's configuration claims, whether or not its stack runs. */
export interface Footprint {
  readonly environment: string;
  readonly protected: boolean;
  /** Environments of different engines share nothing. Empty for this machine's usual one, and for none. */
  readonly engine: string;
  /** The host that its engine is pinned to, where it is: another host's engine has nothing of it. */
  readonly host?: string;
  readonly projects: readonly Claim[];
  /** Volumes that `down -v` would remove, and what holds the database's data. */
  readonly volumes: readonly Claim[];
  /** Volumes that it uses and that others make and remove. */
  readonly external: readonly Claim[];
  /** Folders that hold the database's data. */
  readonly folders: readonly Claim[];
  /** `host:port` of the database, with `/database` where a server may have several. */
  readonly addresses: readonly Claim[];
  /** What only one stack of an engine can have at a time; none for a stack without containers. */
  readonly exclusive?: readonly Exclusive[];
  /** Why the configuration could not be read here. */
  readonly unread?: string;
}
