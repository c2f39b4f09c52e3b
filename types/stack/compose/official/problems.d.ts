import type { Obstacle } from '../../plan.ts';
import type { ConfiguredService } from '../config/config.ts';
/** A variable of the official image: as itself, or as a file that the container has. */
export type Given =
  | {
      readonly value: string;
    }
  | {
      readonly file: string;
    };
/** What stands in the way of a server that is made as the service says. */
export interface Problem extends Obstacle {
  /** Only a first start meets it: a server that has its data already was made otherwise. */
  readonly firstStart: boolean;
}
export declare const BY_PASSWORD: string[];
/** What a service gives the image. */
interface Said {
  readonly service: ConfiguredService;
  /** A variable of the service or the image; empty for none. */
  readonly get: (name: string) => string;
  readonly given: (name: string) => Given | undefined;
  readonly user: Given;
  /** Those that the server is started with. */
  readonly settings: ReadonlyMap<string, string>;
  /** Options of POSTGRES_INITDB_ARGS. */
  readonly initdb: ReadonlyMap<string, string>;
  readonly method: string | undefined;
}
/** What keeps the official image from starting a server. Pure. */
export declare function problemsOfImage({
  service,
  get,
  given,
  user,
  settings,
  initdb,
  method,
}: Said): Problem[];
export declare function listening(
  started: ReadonlyMap<string, string>,
  made: ReadonlyMap<string, string>,
): Problem[];
export {};
