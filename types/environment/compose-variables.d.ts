/** A place in a compose file that wants a variable. */
export interface Use {
  readonly name: string;
  /** It is called required: `${NAME:?…}`. */
  readonly required: boolean;
  /** The path of a mount begins with it: without a value that path is one in the root of the file system. */
  readonly beginsPath: boolean;
  /** The first is 1. */
  readonly line: number;
}
/**
 * The variables in a compose file that have no default there.
 *
 * @see https://docs.docker.com/reference/compose-file/interpolation/
 */
export declare function variablesWithoutDefault(composeFile: string): Use[];
/**
 * Whether compose has the variable without an env file: it sets the project's name itself, and gets what makesafe hands on
 * to every command. What else a shell has (UID, HOSTNAME, what a CI exports) it does not get.
 */
export declare const isGiven: (name: string) => boolean;
/**
 * What a compose file cannot do without: variables that it calls required, name, user and password of the database, and
 * those that begin the path of a mount. What else has no value compose reads as empty, and warns of.
 */
export declare function neededVariables(composeFile: string): Use[];
