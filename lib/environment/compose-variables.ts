import { isInherited } from '../system/process.ts';

/** Variables of the database service, without which a server is not what somebody wanted. */
const OF_DATABASE = /^POSTGRES_(USER|DB|PASSWORD)$/;

/** A place in a compose file that wants a variable. */
interface Use {
  readonly name: string;
  /** It is called required: `${NAME:?…}`. */
  readonly required: boolean;
  /** The path of a mount begins with it: without a value that path is one in the root of the file system. */
  readonly beginsPath: boolean;
  /** The first is 1. */
  readonly line: number;
}

/** `- ${DATA}/pg:/var/lib/postgresql/data`, `source: $DATA/pg`, `device: ${DATA}/pg` */
const PATHS =
  /(?:^\s*-\s+["']?|[[,]\s*["']?)\$\{?(\w+)\}?\/[^\s,\]]*:\/|\b(?:source|src|device):\s*["']?\$\{?(\w+)\}?\//g;

/**
 * The variables in a compose file that have no default there.
 *
 * @see https://docs.docker.com/reference/compose-file/interpolation/
 */
export function variablesWithoutDefault(composeFile: string): Use[] {
  return composeFile.split('\n').flatMap((row, index): Use[] => {
    const text = row.replace(/^\s*#.*$/, '').replaceAll('$$', '');
    const begins = new Set([...text.matchAll(PATHS)].map(([, listed, named]) => listed ?? named));
    return [...text.matchAll(/\$(?:\{(\w+)(:?[-+?])?|(\w+))/g)].flatMap(([, braced, operator, bare]) => {
      const name = (braced ?? bare)!;
      const kind = operator?.at(-1);
      if (kind !== undefined && kind !== '?') return [];
      return [{ name, required: kind === '?', beginsPath: begins.has(name), line: index + 1 }];
    });
  });
}

/**
 * Whether compose has the variable without an env file: it sets the project's name itself, and gets what makesafe hands on
 * to every command. What else a shell has (UID, HOSTNAME, what a CI exports) it does not get.
 */
export const isGiven = (name: string): boolean =>
  name === 'PWD' || name === 'COMPOSE_PROJECT_NAME' || isInherited(name);

/**
 * What a compose file cannot do without: variables that it calls required, name, user and password of the database, and
 * those that begin the path of a mount. What else has no value compose reads as empty, and warns of.
 */
export function neededVariables(composeFile: string): Use[] {
  const needed = variablesWithoutDefault(composeFile).filter(
    ({ name, required, beginsPath }) => !isGiven(name) && (required || beginsPath || OF_DATABASE.test(name)),
  );
  return [...new Map(needed.toReversed().map((use) => [use.name, use])).values()].toReversed();
}
