import type { Environment } from '../../../environment/resolve.ts';
import type { ComposeConfig } from '../config/config.ts';
import type { Engine } from '../engine/engine.ts';
/** What a file of a container is made from, by the configuration. */
export type Source =
  | {
      readonly file: string;
    }
  | {
      readonly variable: string;
    }
  | {
      readonly text: string;
    }
  | undefined;
/**
 * Where the configuration has a service's file from: a secret, a config or a mounted folder. Pure.
 *
 * https://docs.docker.com/reference/compose-file/services/#secrets
 */
export declare function sourceOf(config: ComposeConfig, service: string, path: string): Source;
/**
 * The text of a file that a service has, without the line breaks at its end, as the official image takes it: from its
 * container, running or not, else from what it will be made from.
 *
 * @returns undefined where neither can be read
 */
export declare function readFileIn(
  {
    environment,
    engine,
    config,
  }: {
    environment: Environment;
    engine: Engine;
    config: ComposeConfig;
  },
  service: string,
  path: string,
  container: string | undefined,
): Promise<string | undefined>;
