import { installedIn } from '../system/package-folder.ts';

/** The makefile for a repository that has none. */
const makefileOf = (
  folder: string,
): string => `# Every task of makesafe, and every file in tasks/, is a target. \`make help\` lists them.

.DEFAULT_GOAL := help
# The unknown target is found in it.
export MAKECMDGOALS

include ${folder}/makesafe.mk

${folder}/makesafe.mk:
	@echo '[error] makesafe is not installed in this repository' >&2
	@echo '[next] ${installing(folder)}' >&2; exit 69

# A goal that does not exist stops all others, before any of them runs: it may be ENV=… mistyped.
$(makesafe_targets): | $(filter-out $(makesafe_targets),$(MAKECMDGOALS))

.DEFAULT:
	@node ${folder}/bin/makesafe.js help

# Without a rule make would search one for its own makefile.
makefile: ;
`;

/** In a separate folder npm installs makesafe, whatever the repository itself uses. */
function installing(folder: string): string {
  const own = installedIn(folder);
  return /^(\.\.\/?)*$/.test(own)
    ? 'npm install, or the first time: npm install --save-dev makesafe'
    : `npm ci --prefix ${own}`;
}

/** Lines for the end of an existing makefile. Its own targets keep working, also before `npm install`. */
export function includeBlock(folder: string, prefix: string, except: readonly string[]): string {
  const settings = [
    ...(prefix === '' ? [] : [`MAKESAFE_PREFIX := ${prefix}`]),
    ...(except.length === 0 ? [] : [`MAKESAFE_EXCEPT := ${except.join(' ')}`]),
  ];
  return [
    '',
    '# makesafe: one target for each of its tasks. npx makesafe help',
    ...settings,
    `-include ${folder}/makesafe.mk`,
    '',
  ].join('\n');
}

/**
 * A whole makefile, with a prefix for the names of makesafe's targets.
 *
 * @param folder of the package, relative to the repository's root
 */
export const makefileText = (folder: string, prefix: string): string =>
  prefix === ''
    ? makefileOf(folder)
    : makefileOf(folder)
        .replace('\ninclude ', `\nMAKESAFE_PREFIX := ${prefix}\ninclude `)
        .replace(':= help', `:= ${prefix}help`);
