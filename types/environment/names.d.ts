import type { EnvFile } from './env-files.ts';
import type { Seed, Registry } from './entry.ts';
/** All names of one environment. */
export interface Names {
  readonly composeFiles: readonly string[];
  readonly envFiles: readonly EnvFile[];
  readonly secretsTemplate: string;
  readonly profiles: readonly string[];
  readonly databaseService: string;
  readonly application: {
    /** Whether the registry names it; else it is the usual name, and there may be no such service. */
    readonly stated: boolean;
    readonly service: string;
    readonly folder: string | undefined;
    readonly alembicIni: string;
    readonly python: string | undefined;
  };
  /** No service has Alembic: it runs on this machine, with `alembicIni`. */
  readonly alembicOnHost: boolean;
  readonly alembicIni: string;
  readonly rolesScript: string | undefined;
  readonly seed: Seed | undefined;
  readonly healthUrl: string | undefined;
}
/** The names of an environment: its entry's, else the registry's, else the defaults. */
export declare function namesOf(root: string, registry: Registry, environment: string): Names;
