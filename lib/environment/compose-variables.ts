/** Variables of the database service, without which a server is not what somebody wanted. */
const OF_DATABASE = /^POSTGRES_(USER|DB|PASSWORD)$/;

interface Use {
  readonly name: string;
  /** It is called required: `${NAME:?…}`. */
  readonly required: boolean;
}

/**
 * The variables in a compose file that have no default there.
 *
 * @see https://docs.docker.com/reference/compose-file/interpolation/
 */
export function variablesWithoutDefault(composeFile: string): Use[] {
  const text = composeFile.replaceAll(/^\s*#.*$/gm, '').replaceAll('$$', '');
  const uses = [...text.matchAll(/\$(?:\{(\w+)(:?[-+?])?|(\w+))/g)].map(([, braced, operator, bare]) => ({
    name: (braced ?? bare)!,
    operator: operator?.at(-1),
  }));
  return uses
    .filter(({ operator }) => operator === undefined || operator === '?')
    .map(({ name, operator }) => ({ name, required: operator === '?' }));
}

/**
 * The variables that a compose file cannot do without: those that it calls required, and name, user and password of the
 * database. What compose itself would only warn of, and read as empty, is left to compose.
 */
export function neededVariables(composeFile: string): string[] {
  const needed = variablesWithoutDefault(composeFile).filter(
    ({ name, required }) => required || OF_DATABASE.test(name),
  );
  return [...new Set(needed.map(({ name }) => name))];
}
