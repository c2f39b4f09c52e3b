import type { EnvFile } from './env-files.ts';
import type { ServerEntry } from './server-entry.ts';
/**
 * What a repository calls its things. Stated for all environments (`names` of the registry), or in the entry of one,
 * which counts more. `{environment}` stands for the environment's name. Paths are relative to the project's root.
 */
export interface Naming {
  /**
   * A compose file, with the override file beside it where compose would read that by itself; or a list of files, taken
   * as it is.
   */
  readonly composeFile?: string | readonly string[];
  /** Later over earlier, all must exist; an empty list means none. What is in a secret one is kept out of all output. */
  readonly envFiles?: readonly (string | EnvFile)[];
  /** What a missing secrets file is made from. */
  readonly secretsTemplate?: string;
  /** Profiles of the compose file that are this environment's: `docker compose --profile`. */
  readonly profiles?: readonly string[];
  /** The compose service that runs PostgreSQL. */
  readonly databaseService?: string;
  /**
   * The compose service that holds the application's code and migrations; false where no service has them: then Alembic
   * runs on this machine, with `alembicIni`.
   */
  readonly application?:
    | {
        readonly service?: string;
        /** Where alembic is run in it; its own working directory by default. */
        readonly folder?: string;
        /** alembic.ini as that service sees it. */
        readonly alembicIni?: string;
        /** The Python that has alembic, as that service sees it; by default the one that alembic's own script names. */
        readonly python?: string;
      }
    | false;
  /** Where Alembic runs on this machine: alembic.ini. */
  readonly alembicIni?: string;
  /** The script that makes the roles and grants their rights; false when there is none. */
  readonly rolesScript?: string | false;
  /** What `db-seed-env` runs: a file of SQL, or a command in the application's container. */
  readonly seed?: Seed;
  /** Asked by `health`: anything but a status from 200 to 399 is an illness. `${NAME}` is the env files' NAME. */
  readonly healthUrl?: string;
}
export type Seed =
  | string
  | {
      readonly command: string;
    };
/** One environment, as `env/environments.ts` states it, with the names that are its own. */
export interface EnvironmentEntry extends Naming {
  /** Deprecated names that still work, with a warning. */
  readonly aliases?: readonly string[];
  /** Data that must outlive mistakes: destructive tasks want FORCE=1. No default: it must be stated. */
  readonly protected: boolean;
  /** Runs on the machine of the person who types: images are built on `up`, the secrets file is made on first use. */
  readonly local?: boolean;
  /**
   * What runs the database. `compose`: docker compose, with `composeFile`. `embedded`: PostgreSQL from npm on this
   * machine. `server`: a server that somebody else runs, with `server`. Stated here and nowhere guessed: which database
   * a command reaches never depends on what is installed.
   */
  readonly stack: 'compose' | 'embedded' | 'server';
  /** Where the server is, for `stack: 'server'`. */
  readonly server?: ServerEntry;
  /** The compose project's name; the environment's name by default. */
  readonly project?: string;
  /**
   * Pins the container engine, so that nothing that the shell exports can choose another one: a docker context, the
   * engine's own name of its host, or both.
   */
  readonly engine?: {
    readonly context?: string;
    readonly host?: string;
  };
  /**
   * For comparing schemas: what the roles of this environment are elsewhere, `{ owner: 'sanbou_app_stg' }`. The owner
   * of the database is `owner` by default.
   */
  readonly roles?: Readonly<Record<string, string>>;
}
export interface Registry {
  /** What a task that destroys nothing takes when ENV is not given. */
  readonly default: string;
  readonly environments: Readonly<Record<string, EnvironmentEntry>>;
  /** What things are called in this repository, where its environments do not say otherwise. */
  readonly names?: Naming;
  /** Names that no longer exist, with their successors. */
  readonly removed?: Readonly<Record<string, string>>;
  /** Differences of schemas that are accepted, as reports name the objects: `TABLE mart.tmp_*`. */
  readonly ignore?: readonly string[];
  /**
   * The role that may read and not write, as the bootstrap script makes it; `app_readonly` by default, none where there
   * is no script. `false`: there is none.
   */
  readonly readonlyRole?: string | false;
  /** Several heads of the migrations are kept on purpose: `head` means all of them. */
  readonly severalHeads?: boolean;
  /** The application's schemas, which that role reads; `mart` and `stg` by default. */
  readonly schemas?: readonly string[];
}
