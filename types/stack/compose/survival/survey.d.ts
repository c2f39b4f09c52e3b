import type { ComposeConfig, ConfiguredService } from '../config/config.ts';
import type { ActualVolumes } from '../containers/container.ts';
import type { Ask, Engine } from '../engine/engine.ts';
import { type Mount, type Planned, type Present } from './place.ts';
/** A container of the project that is a PostgreSQL server's, or was. */
export interface DatabaseContainer extends Present {
  /** With links in their destinations followed. */
  readonly mounts: readonly (Mount & {
    readonly written: string;
  })[];
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly running: boolean;
  /** The data directory by what it was started with. */
  readonly configured: string;
  /** The name by which its image was asked for, and what it was then. */
  readonly image: string;
  readonly imageId: string;
  /** Compose's own hash of the configuration that it was made from. */
  readonly hash: string | undefined;
}
/** A database service as a container of it would be made, and what it is made from. */
export interface PlannedService {
  readonly configured: readonly Mount[];
  readonly ofImage: readonly string[];
  readonly directory: string;
  /** Undefined where the engine does not have the image. */
  readonly imageId: string | undefined;
  /** What keeps us from knowing how a container would be made. */
  readonly unknown?: string;
}
/** What the engine and the configuration tell, once for all services. */
export interface Surveyed {
  readonly config: ComposeConfig;
  readonly volumes: ActualVolumes;
  readonly containers: readonly DatabaseContainer[];
}
/**
 * The containers of the project that have a database's data, or had: those of the database service, and whatever else
 * was made with a PGDATA. Stopped ones, and those whose service the compose file no longer has, are among them.
 *
 * @param dataDirectory of the database service, by the server's own word where it answers
 */
export declare function surveyContainers(
  engine: Engine,
  {
    config,
    project,
    databaseService,
  }: {
    config: ComposeConfig;
    project: string;
    databaseService: string;
  },
  dataDirectory: Promise<string | undefined>,
): Promise<Surveyed>;
/** How a container of a service would be made from the configuration as it is now. */
export declare function planService(
  ask: Ask,
  { config, volumes, containers }: Surveyed,
  name: string,
  project: string,
): Promise<PlannedService>;
export declare const imageOf: (service: ConfiguredService, name: string, project: string) => string;
/** A container in the place of another, or where there is none. */
export declare function plan(
  { configured, ofImage, directory, imageId, unknown }: PlannedService,
  present: DatabaseContainer,
  how: 'anew' | 'in its place',
): Planned;
