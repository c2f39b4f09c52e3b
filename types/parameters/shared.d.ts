import type { Parameter } from './parameter.ts';
/** Parameters that several tasks take. */
export declare const ENV: {
  summary: string;
  placeholder: string;
  parse: (given: string) => string;
};
/** Where a slip would hurt: no default, and nothing that the shell exports. */
export declare const TYPED_ENV: Parameter<string>;
export declare const PG_SERVICE: Parameter<string | undefined>;
export declare const TIMEOUT: Parameter<number>;
export declare const ORPHANS: Parameter<'keep' | 'remove' | undefined>;
export declare const BOOTSTRAP_ROLES_SQL: Parameter<string | undefined>;
export declare const ALEMBIC_INI: Parameter<string | undefined>;
export declare const ALEMBIC: Parameter<string | undefined>;
export declare const BASE: Parameter<string | undefined>;
export declare const PRIVILEGES: Parameter<boolean>;
export declare const STRICT: Parameter<boolean>;
/** A revision as alembic takes it: an id or the beginning of one, head(s), base, `-1`, `+2`, `branch@head`. */
export declare function revision(summary: string, fallback?: string): Parameter<string>;
export declare const HEAD: Parameter<string>;
export declare const BACKUP_DIR: Parameter<string>;
/** What a restore does only where a person typed the word. */
declare const CONSENTS: readonly ['less', 'extensions', 'uncaged', 'home', 'norights'];
export type Consent = (typeof CONSENTS)[number];
export declare const ALLOW: Parameter<readonly Consent[]>;
export {};
