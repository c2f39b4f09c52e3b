interface Wanted {
  readonly service: string;
  /** What runs in it until it is no longer needed. */
  readonly entrypoint: readonly string[];
  /** Whether it reaches the database. Without, it has no network, and nothing is made that was not there. */
  readonly online: boolean;
  /** Volumes that the engine has. */
  readonly volumes: ReadonlySet<string>;
  /** In place of the service's own. */
  readonly labels: Readonly<Record<string, string>>;
}
/**
 * A configuration with one service: that of the application, as a container that only migrations run in. It has the
 * image, variables, mounts, secrets and networks of the application, and nothing that others would take it for.
 *
 * @param text what `docker compose config --format json` has written; dollar signs stay doubled
 */
export declare function migrationConfig(
  text: string,
  { service, entrypoint, online, volumes, labels }: Wanted,
): string;
export {};
