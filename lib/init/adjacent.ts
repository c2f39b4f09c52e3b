import { join } from 'node:path';
import { readTextIfThere } from '../system/read-bounded.ts';
import type { Terminal } from '../terminal.ts';
import { append, create, type Change } from './changes.ts';
import { includeBlock, makefileText } from './makefile.ts';
import { findMakefile } from './project.ts';
import {
  destroying,
  includesUs,
  packageFolder,
  readTheirMakefile,
  type TheirMakefile,
} from './their-makefile.ts';

/** What happens to the makefile: one of ours, or a few lines at the end of theirs. */
export interface MakefileChange {
  readonly changes: readonly Change[];
  /** Tasks whose target stays the team's own. */
  readonly except: readonly string[];
}

export function changeMakefile(
  root: string,
  tasks: readonly string[],
  prefix: string,
  terminal: Terminal,
): MakefileChange {
  const makefile = findMakefile(root);
  const folder = packageFolder(root);
  if (makefile === undefined)
    return { changes: create(root, 'makefile', makefileText(folder, prefix)), except: [] };
  const theirs = readTheirMakefile(root, makefile);
  const except = tasks.filter((task) => theirs.targets.some(({ name }) => name === prefix + task));
  sayWhatStaysTheirs(root, makefile, theirs, except, prefix, terminal);
  return { changes: append(root, makefile, includeBlock(folder, prefix, except), includesUs), except };
}

function sayWhatStaysTheirs(
  root: string,
  makefile: string,
  theirs: TheirMakefile,
  except: readonly string[],
  prefix: string,
  terminal: Terminal,
): void {
  const readScript = (path: string): string | undefined => {
    try {
      return readTextIfThere(join(root, path), { most: 100_000, as: path });
    } catch {
      return undefined;
    }
  };
  const dangerous = theirs.targets.flatMap((target) => {
    const line = destroying(target, theirs, readScript);
    return line === undefined
      ? []
      : [`${target.name} (${line.length > 50 ? `${line.slice(0, 49)}…` : line})`];
  });
  if (dangerous.length > 0)
    terminal.warn(
      `${makefile} has targets that destroy data and stay outside the guard: ${dangerous.join(', ')}`,
    );
  if (except.length > 0) {
    const names = except.map((task) => prefix + task).join(', ');
    terminal.warn(`${makefile} has targets of the same name, which stay its own: ${names}`);
    terminal.next(`ours are then: npx makesafe ${except[0]!}`);
    terminal.next('all of ours get a prefix with: npx makesafe init PREFIX=ms-');
  }
  if (theirs.computed)
    terminal.warn(
      `${makefile} makes targets while it is read ($(eval …), $(foreach …) or an include with a variable), whose names are not seen here: where one is also ours, use PREFIX=ms-`,
    );
  if (theirs.exportsEnvFile)
    terminal.warn(
      `${makefile} includes an env file and exports it: what make gives our targets comes from there. ENV has to be typed behind make, or use npx makesafe <task>`,
    );
}
