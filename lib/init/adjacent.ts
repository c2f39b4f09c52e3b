import { append, create, type Change } from './changes.ts';
import { includeBlock, makefileText } from './makefile.ts';
import { packageFolder } from '../system/package-folder.ts';
import { findMakefile } from '../repository/project.ts';
import { destroying, readScriptIn } from '../repository/judge-recipe.ts';
import { includesUs, readTheirMakefile, type TheirMakefile } from '../repository/their-makefile.ts';

/** The change of the makefile: a new file, or a few lines at the end of the team's file. */
interface MakefileChange {
  readonly changes: readonly Change[];
  /** Tasks whose target stays the team's own. */
  readonly except: readonly string[];
  /** What a person has to know about it. */
  readonly remarks: readonly string[];
  /** What to type instead, if names clash. */
  readonly next: readonly string[];
}

/** Adds makesafe's targets to the repository's makefile, or creates a makefile. */
export function changeMakefile(root: string, tasks: readonly string[], prefix: string): MakefileChange {
  const makefile = findMakefile(root);
  const folder = packageFolder(root);
  if (makefile === undefined)
    return {
      changes: create(root, 'makefile', makefileText(folder, prefix)),
      ...{ except: [], remarks: [], next: [] },
    };
  const theirs = readTheirMakefile(root, makefile);
  const except = tasks.filter((task) => theirs.targets.some(({ name }) => name === prefix + task));
  return {
    changes: append(root, makefile, includeBlock(folder, prefix, except), includesUs),
    except,
    remarks: remarksOnMakefile(
      root,
      makefile,
      theirs,
      except.map((task) => prefix + task),
    ),
    next:
      except.length === 0
        ? []
        : [
            `ours are then: npx makesafe ${except[0]!}`,
            'all of ours get a prefix with: npx makesafe init PREFIX=ms-',
          ],
  };
}

/** Which targets stay the team's own, and which of them destroy data. */
function remarksOnMakefile(
  root: string,
  makefile: string,
  theirs: TheirMakefile,
  clashes: readonly string[],
): string[] {
  const readScript = readScriptIn(root);
  const dangerous = theirs.targets.flatMap((target) => {
    const line = destroying(target, theirs, readScript);
    return line === undefined
      ? []
      : [`${target.name} (${line.length > 50 ? `${line.slice(0, 49)}…` : line})`];
  });
  return [
    ...(dangerous.length > 0
      ? [`${makefile} has targets that destroy data and stay outside the guard: ${dangerous.join(', ')}`]
      : []),
    ...(clashes.length > 0
      ? [`${makefile} has targets of the same name, which stay its own: ${clashes.join(', ')}`]
      : []),
    ...(theirs.computed
      ? [
          `${makefile} makes targets while it is read ($(eval …), $(foreach …) or an include with a variable), whose names are not seen here: where one is also ours, use PREFIX=ms-`,
        ]
      : []),
    ...(theirs.exportsEnvFile
      ? [
          `${makefile} includes an env file and exports it: what make gives our targets comes from there. ENV has to be typed behind make, or use npx makesafe <task>`,
        ]
      : []),
  ];
}
