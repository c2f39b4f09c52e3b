import type { EnvFile } from './env-files.ts';
import type { ServerEntry } from './server-entry.ts';

/**
 * The names of a repository's files and services. They are stated for all environments (`names` of the registry) or in
 * one entry, which overrides `names`. Paths are relative to the project's root. `{environment}` in a path stands for
 * the environment's name.
 */
export interface Naming {
  /**
   * A compose file, or a list of files. With a single file, its override file is used where compose would read it by
   * itself. A list is used exactly as it is.
   */
  readonly composeFile?: string | readonly string[];
  /** Later files override earlier ones; all must exist; [] means none. Output never has values of secret files. */
  readonly envFiles?: readonly (string | EnvFile)[];
  /** The file that a missing secrets file is made from. */
  readonly secretsTemplate?: string;
  /** The profiles of the compose file that this environment uses: `docker compose --profile`. */
  readonly profiles?: readonly string[];
  /** The compose service that runs PostgreSQL. */
  readonly databaseService?: string;
  /**
   * The compose service that holds the application's code and migrations. False if no service has them: then Alembic
   * runs on this machine, with `alembicIni`.
   */
  readonly application?:
    | {
        readonly service?: string;
        /** The folder in which alembic runs there; by default the service's working directory. */
        readonly folder?: string;
        /** Path of alembic.ini inside the service. */
        readonly alembicIni?: string;
        /** Path of the Python with alembic in the service; by default the one in alembic's first line. */
        readonly python?: string;
      }
    | false;
  /** Path of alembic.ini, if Alembic runs on this machine. */
  readonly alembicIni?: string;
  /** The SQL script that creates the roles and grants their privileges; false if there is none. */
  readonly rolesScript?: string | false;
  /** What `db-seed-env` runs: an SQL file, or a command in the application's container. */
  readonly seed?: Seed;
  /** `health` requests this URL. Any status but 200 to 399 is an error. `${NAME}` is replaced from the env files. */
  readonly healthUrl?: string;
}

export type Seed = string | { readonly command: string };

/** One environment, as `env/environments.ts` states it. */
export interface EnvironmentEntry extends Naming {
  /** Deprecated names that still work, with a warning. */
  readonly aliases?: readonly string[];
  /**
   * True if the data must survive mistakes: destructive tasks then need FORCE=1. `never`: no command destroys them; only a
   * commit that changes this field lets one through. Required, without a default.
   */
  readonly protected: boolean | 'never';
  /**
   * Public keys (lines of a `.pub` file) of the persons who may approve what destroys data here. Each such run then needs
   * a signature by one of them. Read from the checked-out commit, not from the working tree.
   */
  readonly approve?: {
    readonly keys: readonly string[];
    /** Accepts keys that are no security keys (`sk-…`): an agent signs with those without a person. */
    readonly software?: boolean;
  };
  /**
   * Whether a protected environment is held against what is typed by hand: DROP, TRUNCATE, `docker volume rm`. True by
   * default. `except`: tables that the application itself empties or drops, `stg.*`.
   */
  readonly wall?: boolean | { readonly except: readonly string[] };
  /**
   * True on a developer's own machine: `up` builds images, a missing secrets file is made on first use, `db-rebuild-env`
   * takes what an earlier one has made of the same files, and each checkout of the repository has a compose project and
   * ports of its own.
   */
  readonly local?: boolean;
  /**
   * Never written in a registry: makesafe adds it in all checkouts but the first one. `ports`: those of the engine's host,
   * by the ports that the compose file publishes.
   */
  readonly checkout?: { readonly name: string; readonly ports: Readonly<Record<string, number>> };
  /**
   * What runs the database. `compose`: docker compose, with `composeFile`. `embedded`: PostgreSQL from npm on this
   * machine. `server`: a server that others run, with `server`. Never guessed: which database a command reaches does
   * not depend on what is installed.
   */
  readonly stack: 'compose' | 'embedded' | 'server';
  /** Where the server is, for `stack: 'server'`. */
  readonly server?: ServerEntry;
  /** The compose project's name; the environment's name by default. */
  readonly project?: string;
  /**
   * Pins the container engine, so that no exported variable can choose another one: a docker context, the host name
   * that the engine reports, or both.
   */
  readonly engine?: { readonly context?: string; readonly host?: string };
  /**
   * Seconds that other sessions may wait for a migration. Then it gives way, and is begun again. False: no limit. By
   * default 2 on a protected environment, and no limit elsewhere.
   */
  readonly othersWait?: number | false;
  /**
   * Seconds that a commit waits for a synchronous standby to confirm it. Then the task gives up, and says what is in use.
   * False: no limit. 60 by default.
   */
  readonly standbyWait?: number | false;
  /**
   * For `db-save-env`: how much disk the saved copies may take together (20 by default), and after how many days they are
   * removed (never by default). What `db-rebuild-env` keeps for the next one counts in, and is removed after 7 days at most.
   */
  readonly saves?: { readonly gigabytes?: number; readonly days?: number };
  /**
   * For `db-undo-env`: for how long the old database of a reset, restore or rebuild is kept (24 hours by default), and how
   * much disk all old ones may take together (20 GB). False: none is kept. On a protected environment each is kept until a
   * person removes it, unless limits are stated here.
   */
  readonly undo?: false | { readonly hours?: number; readonly gigabytes?: number };
  /**
   * For comparing schemas: common names for the roles of this environment, `{ owner: 'sanbou_app_stg' }`. By default
   * the owner of the database is `owner`.
   */
  readonly roles?: Readonly<Record<string, string>>;
  /**
   * Whether a protected environment is migrated only if its migration was rehearsed; else a warning says that it was not.
   * `days`: how old the backup of a rehearsal may be, 7 by default. `'required'` is `{ required: true }`.
   */
  readonly rehearse?: 'required' | { readonly required?: boolean; readonly days?: number };
  /**
   * For rehearsals, in seconds: for how long a migration may keep others waiting (`blocks`, 0.5 by default), and how long a
   * revision may take (`long`, 60 by default). What takes longer is named as a hazard.
   */
  readonly hazards?: { readonly blocks?: number; readonly long?: number };
}

export interface Registry {
  /** The environment of a task that destroys nothing, if ENV is not given. */
  readonly default: string;
  readonly environments: Readonly<Record<string, EnvironmentEntry>>;
  /** Names for all environments; an entry may override them. */
  readonly names?: Naming;
  /** Environments that no longer exist, with their successors. */
  readonly removed?: Readonly<Record<string, string>>;
  /** Accepted differences between schemas, by the object names of the reports: `TABLE mart.tmp_*`. */
  readonly ignore?: readonly string[];
  /**
   * The role that may read but not write, as the bootstrap script creates it. By default `app_readonly`, or none
   * without a script. `false`: there is no such role.
   */
  readonly readonlyRole?: string | false;
  /** True if several Alembic heads are intended: `head` then means all of them. */
  readonly severalHeads?: boolean;
  /** The application's schemas, which the read-only role may read; by default `mart` and `stg`. */
  readonly schemas?: readonly string[];
}
