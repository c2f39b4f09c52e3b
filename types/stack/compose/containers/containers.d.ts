import type { Storage } from '../../stack.ts';
import type { ComposeConfig } from '../config/config.ts';
import { type Ask } from '../engine/engine.ts';
import type { Container, ListedContainer, ActualVolume, ActualVolumes } from './container.ts';
export declare const PROJECT_LABEL = 'com.docker.compose.project';
export declare const SERVICE_LABEL = 'com.docker.compose.service';
/** A container's name, or several, as the engine lists them. */
export declare const nameOf: ({ Names }: Pick<ListedContainer, 'Names'>) => string;
/** All containers of a project, or of one service in it, but for those of `docker compose run`. */
export declare function listContainers(
  ask: Ask,
  project: string,
  service?: string,
): Promise<readonly ListedContainer[]>;
/** The container of a service, running before stopped; undefined when there is none. */
export declare function findContainer(
  ask: Ask,
  project: string,
  service: string,
): Promise<Container | undefined>;
/** Ids of the containers that run, by service. */
export declare function runningByService(ask: Ask, project: string): Promise<ReadonlyMap<string, string>>;
/** PGDATA as the container was given it; the official image's place before version 18 when it was not. */
export declare function pgdata(env: readonly string[] | null | undefined): string;
/** Those of the configured and mounted volumes that exist. */
export declare function inspectVolumes(
  ask: Ask,
  config: ComposeConfig,
  container: Container | undefined,
): Promise<ActualVolumes>;
export declare const findVolume: (ask: Ask, name: string) => Promise<ActualVolume | undefined>;
/** PGDATA of a service that has no container yet: as the configuration gives it, else as the image has it. */
export declare function configuredPgdata(
  config: ComposeConfig,
  service: string,
  image?: readonly string[],
): string;
/** The variables that an image gives its containers; none while the engine does not have it. */
export declare function imageEnvironment(ask: Ask, image: string): Promise<readonly string[]>;
/** The mount that holds a path: the one mounted deepest above it. */
export declare function holds<
  M extends {
    destination: string;
  },
>(path: string, mounts: readonly M[]): M | undefined;
/** Where an existing container, running or not, keeps its data directory. Pure. */
export declare function storageOfContainer(
  container: Container,
  dataDirectory: string,
  config: ComposeConfig,
  actual?: ActualVolumes,
): Storage;
/** Where a service without a container will keep its data directory, as far as the configuration tells. Pure. */
export declare function storageOfConfig(
  config: ComposeConfig,
  service: string,
  dataDirectory: string,
  actual?: ActualVolumes,
): Storage;
