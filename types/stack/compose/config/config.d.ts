import type { Environment } from '../../../environment/resolve.ts';
import type { Command } from '../../../system/command.ts';
import type { RunOptions } from '../../../system/process.ts';
/** A mount as `docker compose config` resolves it. */
export interface ConfiguredMount {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly volume?: {
    readonly subpath?: string;
  };
}
export interface ConfiguredService {
  readonly image?: string;
  readonly build?: {
    readonly context?: string;
    readonly dockerfile?: string;
    readonly dockerfile_inline?: string;
  } | null;
  readonly pull_policy?: string;
  readonly entrypoint?: string | readonly string[] | null;
  readonly command?: string | readonly string[] | null;
  readonly volumes_from?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly volumes?: readonly ConfiguredMount[];
  readonly tmpfs?: string | readonly string[];
  /** By the name of the service that is needed. */
  readonly depends_on?: Readonly<
    Record<
      string,
      {
        readonly condition?: string;
      }
    >
  >;
  readonly deploy?: {
    readonly replicas?: number;
  } | null;
  readonly scale?: number;
  readonly ports?: readonly {
    readonly host_ip?: string;
    readonly published?: string;
    readonly target?: number;
    readonly protocol?: string;
  }[];
  readonly secrets?: readonly ConfiguredReference[];
  readonly configs?: readonly ConfiguredReference[];
  readonly container_name?: string;
  readonly network_mode?: string;
  readonly user?: string;
  readonly networks?: Readonly<Record<string, object | null>>;
}
/** A secret or config of the file, and where the service has it. */
export interface ConfiguredReference {
  readonly source: string;
  readonly target?: string;
}
/** What a secret or config is made from: a file of this machine, a variable, or a text in the file itself. */
export interface ConfiguredSource {
  readonly name?: string;
  readonly file?: string;
  readonly environment?: string;
  readonly content?: string;
  readonly external?: boolean;
}
/** The part of `docker compose config --format json` that is used. */
export interface ComposeConfig {
  readonly services: Readonly<Record<string, ConfiguredService>>;
  readonly volumes?: Readonly<Record<string, ConfiguredVolume>>;
  readonly networks?: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly external?: boolean;
      }
    >
  >;
  readonly secrets?: Readonly<Record<string, ConfiguredSource>>;
  readonly configs?: Readonly<Record<string, ConfiguredSource>>;
  /** All of it as compose wrote it, for compose to read again. */
  readonly text?: string;
}
export interface ConfiguredVolume {
  readonly name: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
}
/** `docker compose` for this environment, with every choice spelled out: nothing is left to what the shell exports. */
export declare function composeCommand(environment: Environment, ...args: string[]): Command;
/** The compose files, as messages name them. */
export declare const composeFile: ({ names }: Environment) => string;
/** @throws ConfigurationError when the files have no such service */
export declare function refuseUnknown(
  service: string,
  { services }: ComposeConfig,
  environment: Environment,
): void;
/** How compose commands run: in the project, and with what the env files define not overridden by the shell. */
export declare function inProject({ root, variables }: Environment): Pick<RunOptions, 'cwd' | 'without'>;
/**
 * `docker compose config`, once for the same files: the guard asks for every environment, and looks twice.
 *
 * @param env variables that no env file here defines
 * @throws ConfigurationError with what compose says of the files
 */
export declare function readComposeConfig(
  environment: Environment,
  env?: Readonly<Record<string, string>>,
): Promise<ComposeConfig>;
/**
 * `docker compose` on a configuration that was resolved before, given to it as input: whatever the files say by now. All
 * services in it were chosen then, also those behind profiles.
 */
export declare function frozenCommand(environment: Environment, ...args: string[]): Command;
/** A digest of each part of a resolved configuration, by what it is: `service db`, `volume data`. */
export declare function digestsOf(config: ComposeConfig): Record<string, string>;
/** What looks like a secret in the services' variables: the compose file may take them from files of its own. */
export declare function secretsOf({ services }: ComposeConfig): string[];
