/** Variables of the database service, without which a server is not what somebody wanted. */
const OF_DATABASE = /^POSTGRES_(USER|DB|PASSWORD)$/;

/**
 * The variables that compose files cannot do without: those that they call required (`${NAME:?…}`), and name, user and
 * password of the database where they have no default there. What compose itself would only warn of, and read as
 * empty, is left to compose.
 *
 * @see https://docs.docker.com/reference/compose-file/interpolation/
 */
export function neededVariables(composeFile: string): string[] {
  const text = composeFile.replaceAll(/^\s*#.*$/gm, '').replaceAll('$$', '');
  const needed = new Set<string>();
  for (const [, braced, operator, bare] of text.matchAll(/\$(?:\{(\w+)(:?[-+?])?|(\w+))/g)) {
    const name = (braced ?? bare)!;
    if (operator?.endsWith('?') || (operator === undefined && OF_DATABASE.test(name))) needed.add(name);
  }
  return [...needed];
}
