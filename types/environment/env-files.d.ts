/** One variable and the place that defined it. */
export interface Variable {
  readonly value: string;
  /** `env/.env.vm_stg:3` */
  readonly place: string;
  readonly secret: boolean;
  /** True when every reader of env files agrees on the value: no quotes, `$`, `#`, backslash or blank in it. */
  readonly plain: boolean;
}
export interface EnvFiles {
  readonly variables: ReadonlyMap<string, Variable>;
  /** Sentences with file and line; the files cannot be used. */
  readonly problems: readonly string[];
  /** Sentences with file; the files can be used. */
  readonly warnings: readonly string[];
}
export interface EnvFile {
  /** Relative to the project's root. */
  readonly path: string;
  readonly secret: boolean;
}
/** Reads env files in order, later ones over earlier ones, and collects everything that is wrong with them. */
export declare function readEnvFiles(root: string, files: readonly EnvFile[]): EnvFiles;
/** By its name, or as a URL with a password in it. */
export declare const looksSecret: (name: string, value: string) => boolean;
/** `PWD` alone is where somebody is; `DB_PWD` is a password. */
export declare const isSecretName: (name: string) => boolean;
