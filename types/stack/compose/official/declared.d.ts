import type { ConfiguredService } from '../config/config.ts';
import { type Given, type Problem } from './problems.ts';
/** What an image brings along. */
export interface OfImage {
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
}
/**
 * What a database service says of the server that it makes and of how that lets somebody in, by what the official image
 * documents: https://hub.docker.com/_/postgres
 */
export interface Declared {
  readonly user: Given;
  readonly name: Given;
  readonly password: Given;
  /** Undefined where a configuration file may say another one: then the server is asked for its socket's. */
  readonly port: number | undefined;
  /** How the application is let in over the network; undefined where the image or a file decides. */
  readonly method: string | undefined;
  readonly problems: readonly Problem[];
}
/**
 * Pure.
 *
 * @param image undefined while the engine does not have it
 */
export declare function declaredBy(service: ConfiguredService, image: OfImage | undefined): Declared;
