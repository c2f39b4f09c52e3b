import { isInherited } from '../system/process.ts';
import type { Variable } from './env-files.ts';

/** Variables of the database service. Without them the server would start with the wrong user, database or password. */
const OF_DATABASE = /^POSTGRES_(USER|DB|PASSWORD)$/;

/** A place in a compose file that uses a variable. */
interface Use {
  readonly name: string;
  /** True for `${NAME:?…}`. */
  readonly required: boolean;
  /** True if the path of a mount starts with it: without a value, the path would start at the root folder. */
  readonly beginsPath: boolean;
  /** Counted from 1. */
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
 * A text of a compose file with the values that the env files give.
 *
 * @see https://docs.docker.com/reference/compose-file/interpolation/
 */
export function interpolated(
  text: string,
  variables: ReadonlyMap<string, Variable>,
): Pick<Variable, 'value' | 'secret'> {
  let secret = false;
  const value = text.replaceAll(
    /\$(?:(\$)|\{(\w+)(?:(:?[-+?])([^}]*))?\}|(\w+))/g,
    (_all, dollar?: string, braced?: string, operator: string = '', word: string = '', bare?: string) => {
      if (dollar !== undefined) return dollar;
      const found = variables.get((braced ?? bare)!);
      secret ||= found?.secret === true;
      const has = found !== undefined && (!operator.startsWith(':') || found.value !== '');
      if (operator.endsWith('+')) return has ? word : '';
      return has ? found.value : operator.endsWith('-') ? word : '';
    },
  );
  return { value, secret };
}

/**
 * Whether compose has the variable without an env file. Compose sets the project's name itself, and makesafe passes a
 * few variables to every command. Compose gets no other variable of the shell (UID, HOSTNAME, what a CI exports).
 */
export const isGiven = (name: string): boolean =>
  name === 'PWD' || name === 'COMPOSE_PROJECT_NAME' || isInherited(name);

/**
 * The variables that a compose file needs: those marked as required, the database's name, user and password, and those
 * at the start of a mount's path. For any other variable without a value, compose warns and uses an empty string.
 */
export function neededVariables(composeFile: string): Use[] {
  const needed = variablesWithoutDefault(composeFile).filter(
    ({ name, required, beginsPath }) => !isGiven(name) && (required || beginsPath || OF_DATABASE.test(name)),
  );
  return [...new Map(needed.toReversed().map((use) => [use.name, use])).values()].toReversed();
}
