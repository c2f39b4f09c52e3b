import type { Client } from 'pg';
import type { Environment } from '../../../environment/resolve.ts';
import type { Stack, StackOptions } from '../../stack.ts';
import { type ComposeConfig } from '../config/config.ts';
import { type Engine } from '../engine/engine.ts';
import type { DatabaseSettings } from '../connection/login.ts';
interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}
/**
 * The application's migrations: in the container of its service, or on this machine where no service has them.
 *
 * @param database its container; throws where it does not run
 * @param withClient a client of our own on the environment's database
 */
export declare function migrations(
  about: About,
  options: StackOptions,
  database: () => Promise<string>,
  withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Pick<Stack, 'alembic' | 'isBuiltIn'>;
/** Where the registry names no service, one of the usual name has them, if there is one. */
export declare const isOnHost: ({ names }: Environment, { services }: ComposeConfig) => boolean;
interface Published {
  readonly NetworkSettings: {
    readonly Ports?: Readonly<
      Record<
        string,
        | readonly {
            readonly HostIp: string;
            readonly HostPort: string;
          }[]
        | null
      >
    > | null;
  };
}
/**
 * Of the ports that a container publishes the one that leads to its server. Pure.
 *
 * @param port where the server listens; undefined where only one can be meant
 * @param endpoint of the engine, whose machine publishes it
 */
export declare function addressFrom(
  ports: NonNullable<Published['NetworkSettings']['Ports']>,
  port: number | undefined,
  endpoint: string,
):
  | {
      readonly host: string;
      readonly port: string;
    }
  | undefined;
export {};
