import { join, normalize } from 'node:path';
import { PACKAGE } from '../system/package-folder.ts';
import { readTextIfThere } from '../system/read-bounded.ts';
import { findMakefile } from './project.ts';

/** A target of a makefile, as it stands there. */
export interface Target {
  readonly name: string;
  readonly prerequisites: readonly string[];
  readonly recipe: readonly string[];
  /** It stands behind the include of our targets, so that make takes it and not ours. */
  readonly behindOurs: boolean;
}

export interface TheirMakefile {
  readonly targets: readonly Target[];
  /** Targets are made while make reads it: their names cannot be read. */
  readonly computed: boolean;
  /** `include .env` and `export`: what is in the env file comes from make. */
  readonly exportsEnvFile: boolean;
  /** What makesafe.mk is told, where it is included. */
  readonly ours: { readonly prefix: string; readonly except: readonly string[] } | undefined;
}

export const includesUs = (makefile: string): boolean => makefile.includes(`${PACKAGE}/makesafe.mk`);

/**
 * What a makefile states. It is read as text, for make runs `$(shell …)` and remakes what is included whenever it reads a
 * makefile, also with -n and -p.
 *
 * @see https://www.gnu.org/software/make/manual/html_node/Instead-of-Execution.html
 */
export function readTheirMakefile(root: string, makefile: string): TheirMakefile {
  const found = {
    targets: new Map<string, Target>(),
    variables: new Map<string, string>(),
    computed: false,
    includesEnv: false,
    exports: false,
    ours: undefined as TheirMakefile['ours'],
  };
  const seen = new Set<string>();

  const read = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = readTextIfThere(join(root, path), { as: path });
    if (text === undefined) return;
    let current: string[] = [];
    let recipe: string[] = [];
    let prerequisites: string[] = [];
    let inDefine = false;
    const close = (): void => {
      for (const name of current) {
        const before = found.targets.get(name);
        found.targets.set(name, {
          name,
          prerequisites: [...(before?.prerequisites ?? []), ...prerequisites],
          recipe: recipe.length > 0 ? recipe : (before?.recipe ?? []),
          behindOurs: found.ours !== undefined,
        });
      }
      current = [];
      recipe = [];
    };
    for (const line of text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/)) {
      if (/^\s*define\b/.test(line)) inDefine = true;
      if (inDefine) {
        if (/^\s*endef\b/.test(line)) inDefine = false;
        continue;
      }
      if (line.startsWith('\t')) {
        if (current.length > 0) recipe.push(line.trim());
        continue;
      }
      const plain = line.replace(/(^|\s)#.*$/, '').trim();
      if (plain === '' || /^(ifn?eq|ifn?def|else|endif|vpath|undefine|override|private)\b/.test(plain))
        continue;
      const [, included] = plain.match(/^[-s]?include\s+(.*)$/) ?? [];
      if (included !== undefined) {
        close();
        for (const word of fill(included).split(/\s+/)) {
          if (/(^|\/)makesafe\.mk$/.test(word)) {
            found.ours = {
              prefix: found.variables.get('MAKESAFE_PREFIX') ?? '',
              except: (found.variables.get('MAKESAFE_EXCEPT') ?? '').split(/\s+/).filter(Boolean),
            };
          } else if (/(^|\/)\.?env(\.|$)|\.env$/.test(word)) found.includesEnv = true;
          else if (/[$*]/.test(word)) found.computed = true;
          else read(normalize(word));
        }
        continue;
      }
      const [, variable, operator, value] =
        plain.match(/^(?:export\s+)?([\w.-]+)\s*([:?+!]{0,3})=\s*(.*)$/) ?? [];
      if (variable !== undefined) {
        close();
        const before = operator === '+' ? `${found.variables.get(variable) ?? ''} ` : '';
        if (!(operator === '?' && found.variables.has(variable)))
          found.variables.set(variable, before + fill(value!));
        continue;
      }
      if (/^export\s*$/.test(plain) || /^\.EXPORT_ALL_VARIABLES\s*:/.test(plain)) found.exports = true;
      if (/^export\b/.test(plain)) continue;
      if (/\$[({](eval|foreach)\b/.test(plain)) found.computed = true;
      const [, left, right = ''] = plain.match(/^([^:=]+)::?(?!=)(.*)$/) ?? [];
      if (left === undefined) continue;
      close();
      if (/^\s*[\w.-]+\s*[:?+]?=/.test(right)) continue;
      const [before = '', inline] = right.split(/;(.*)/s);
      const names = fill(left).split(/\s+/).filter(Boolean);
      if (names.some((name) => /[$()]/.test(name))) found.computed = true;
      current = names.filter((name) => /^[A-Za-z0-9][^\s:=#%$()]*$/.test(name));
      prerequisites = fill(before)
        .split(/[\s|]+/)
        .filter(Boolean);
      recipe = inline === undefined ? [] : [inline.trim()];
    }
    close();
  };
  const fill = (text: string): string =>
    text.replaceAll(/\$[({]([\w.-]+)[)}]/g, (all, name: string) => found.variables.get(name) ?? all);

  read(makefile);
  return {
    targets: [...found.targets.values()].map((target) => ({
      ...target,
      recipe: target.recipe.map(fill),
    })),
    computed: found.computed,
    exportsEnvFile: found.includesEnv && found.exports,
    ours: found.ours,
  };
}

const DESTROYS: readonly RegExp[] = [
  /\bdown\b.*\s(--volumes|-\w*v\w*)(\s|$)/,
  /\bcompose\b.*\brm\b.*\s-\w*v/,
  /\bvolume\s+(rm|remove|prune)\b/,
  /\bsystem\s+prune\b.*(--volumes|-\w*a)/,
  /\bdropdb\b|\bDROP\s+(DATABASE|SCHEMA|TABLE|OWNED)\b|\bTRUNCATE\b|\bdrop_all\b|\bdrop_db\b/i,
  /\balembic\b.*\bdowngrade\b/,
  /\bpg_restore\b.*(--clean|\s-\w*c)/,
  /\brm\s+-\w*r\w*\b.*(data|postgres|volume|\bdb\b)/i,
];

/** The line of a recipe that destroys data, where there is one: also behind another target, or in a script of theirs. */
export function destroying(
  target: Target,
  { targets }: TheirMakefile,
  readScript: (path: string) => string | undefined,
  depth = 0,
): string | undefined {
  if (depth > 5) return undefined;
  const scripts = target.recipe.flatMap((line) => line.match(/[\w./-]+\.sh\b/g) ?? []);
  const lines = [
    ...target.recipe,
    ...scripts.flatMap((path) => (readScript(path) ?? '').split('\n').filter((line) => !/^\s*#/.test(line))),
  ];
  const line = lines.find((one) => DESTROYS.some((form) => form.test(one)));
  if (line !== undefined) return line.replace(/^[@+-]+/, '').trim();
  const calls = target.recipe.flatMap((one) =>
    [...one.matchAll(/(?:\$[({]MAKE[)}]|\bmake)\s+([\w.-]+)/g)].map(([, name]) => name!),
  );
  for (const name of [...target.prerequisites, ...calls]) {
    const other = targets.find((one) => one.name === name && one !== target);
    const found = other && destroying(other, { targets } as TheirMakefile, readScript, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How our tasks are called through make here. */
export interface Spelling {
  readonly prefix: string;
  /** Tasks whose name is, for make, another target. */
  readonly except: readonly string[];
}

/** What make would really run: a target of theirs that is excepted, or that stands behind ours. */
export function spellingIn({ ours, targets }: TheirMakefile): Spelling | undefined {
  if (!ours) return undefined;
  const { prefix } = ours;
  const theirs = targets
    .filter(({ name, behindOurs, recipe }) => behindOurs && recipe.length > 0 && name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length));
  return { prefix, except: [...new Set([...ours.except, ...theirs])] };
}

/** The same of a repository, as its makefile stands now; undefined where it has no targets of ours. */
export function spellingOf(root: string): Spelling | undefined {
  try {
    const makefile = findMakefile(root);
    return makefile === undefined ? undefined : spellingIn(readTheirMakefile(root, makefile));
  } catch {
    // What cannot be read is make's to say.
    return undefined;
  }
}
