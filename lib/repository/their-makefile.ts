import { basename, dirname, join, normalize } from 'node:path';
import { PACKAGE } from '../system/package-folder.ts';
import { readTextIfThere } from '../system/read-bounded.ts';
import { findMakefile, namesIn } from './project.ts';
import { scanMakefile, type Part } from './scan-makefile.ts';

/** A target of a makefile. */
export interface Target {
  readonly name: string;
  readonly prerequisites: readonly string[];
  readonly recipe: readonly string[];
  /** True if it stands behind the include of makesafe.mk: make then runs this target and not makesafe's. */
  readonly behindOurs: boolean;
}

export interface TheirMakefile {
  readonly targets: readonly Target[];
  /** True if make creates targets while it reads the makefile: their names are not known. */
  readonly computed: boolean;
  /** True for `include .env` with `export`: the variables of the env file reach makesafe through make. */
  readonly exportsEnvFile: boolean;
  /** The settings of makesafe.mk, if the makefile includes it. */
  readonly ours: { readonly prefix: string; readonly except: readonly string[] } | undefined;
}

/** Whether the text of a makefile includes makesafe.mk. */
export const includesUs = (makefile: string): boolean => makefile.includes(`${PACKAGE}/makesafe.mk`);

/**
 * Reads the targets of a makefile as text, without make: make would run `$(shell …)` and rebuild included files, even
 * with -n and -p.
 *
 * @see https://www.gnu.org/software/make/manual/html_node/Instead-of-Execution.html
 */
export function readTheirMakefile(root: string, makefile: string): TheirMakefile {
  const reading = new Reading(root);
  reading.read(makefile);
  return reading.result;
}

/** Reads a makefile and its includes from top to bottom. */
class Reading {
  readonly #root: string;
  readonly #seen = new Set<string>();
  readonly #targets = new Map<string, Target>();
  readonly #variables = new Map<string, string>();
  #computed = false;
  #includesEnv = false;
  #exports = false;
  #ours: TheirMakefile['ours'];

  constructor(root: string) {
    this.#root = root;
  }

  get result(): TheirMakefile {
    return {
      // A variable in a recipe may be set below the recipe.
      targets: [...this.#targets.values()].map((target) => ({
        ...target,
        recipe: target.recipe.map((line) => this.#fill(line)),
      })),
      computed: this.#computed,
      exportsEnvFile: this.#includesEnv && this.#exports,
      ours: this.#ours,
    };
  }

  read(path: string): void {
    if (this.#seen.has(path)) return;
    this.#seen.add(path);
    const text = readTextIfThere(join(this.#root, path), { as: path });
    for (const part of text === undefined ? [] : scanMakefile(text)) this.#take(part);
  }

  #take(part: Part): void {
    if (part.kind === 'computed') this.#computed = true;
    if (part.kind === 'export') this.#exports = true;
    if (part.kind === 'include') this.#files(part.files).forEach((file) => this.#include(file));
    if (part.kind === 'variable') this.#assign(part.name, part.operator, part.value);
    if (part.kind === 'rule') this.#rule(part);
  }

  #include(file: string): void {
    if (/(^|\/)makesafe\.mk$/.test(file)) {
      this.#ours = {
        prefix: this.#variables.get('MAKESAFE_PREFIX') ?? '',
        except: (this.#variables.get('MAKESAFE_EXCEPT') ?? '').split(/\s+/).filter(Boolean),
      };
    } else if (/(^|\/)\.?env(\.|$)|\.env$/.test(file)) this.#includesEnv = true;
    else if (/[$()]/.test(file)) this.#computed = true;
    else this.read(normalize(file));
  }

  #assign(name: string, operator: string, value: string): void {
    if (operator === '?' && this.#variables.has(name)) return;
    const before = operator === '+' ? `${this.#variables.get(name) ?? ''} ` : '';
    this.#variables.set(name, before + this.#fill(value));
  }

  #rule({ targets, prerequisites, recipe }: Extract<Part, { kind: 'rule' }>): void {
    const names = this.#words(targets);
    if (names.some((name) => /[$()]/.test(name))) this.#computed = true;
    for (const name of names.filter((one) => /^[A-Za-z0-9][^\s:=#%$()]*$/.test(one))) {
      const before = this.#targets.get(name);
      this.#targets.set(name, {
        name,
        prerequisites: [
          ...(before?.prerequisites ?? []),
          ...this.#fill(prerequisites)
            .split(/[\s|]+/)
            .filter(Boolean),
        ],
        recipe: recipe.length > 0 ? recipe : (before?.recipe ?? []),
        behindOurs: this.#ours !== undefined,
      });
    }
  }

  /** The files of an include, with those that its patterns match. */
  #files(text: string): string[] {
    const named = this.#words(text.replaceAll(/\$[({]wildcard\s+([^(){}]*)[)}]/g, '$1'));
    return named.flatMap((name) => (/[*?]/.test(name) ? matching(this.#root, name) : name));
  }

  #words = (text: string): string[] => this.#fill(text).split(/\s+/).filter(Boolean);

  #fill = (text: string): string =>
    text.replaceAll(/\$[({]([\w.-]+)[)}]/g, (all, name: string) => this.#variables.get(name) ?? all);
}

/** The files of a folder whose names match a pattern, in the order in which make includes them: `mk/*.mk`. */
function matching(root: string, pattern: string): string[] {
  const folder = dirname(pattern);
  if (/[*?]/.test(folder)) return [`$(wildcard ${pattern})`];
  const name = new RegExp(
    `^${basename(pattern)
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );
  return namesIn(join(root, folder))
    .filter((one) => name.test(one) && !one.startsWith('.'))
    .sort()
    .map((one) => join(folder, one));
}

/** How to call makesafe's tasks through make in this repository. */
interface Spelling {
  readonly prefix: string;
  /** Tasks whose name is another target for make. */
  readonly except: readonly string[];
}

/** Tasks whose name make gives to another target: excepted names, and the team's targets behind makesafe's include. */
export function spellingIn({ ours, targets }: TheirMakefile): Spelling | undefined {
  if (!ours) return undefined;
  const { prefix } = ours;
  const theirs = targets
    .filter(({ name, behindOurs, recipe }) => behindOurs && recipe.length > 0 && name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length));
  return { prefix, except: [...new Set([...ours.except, ...theirs])] };
}

/** The same for a repository, from its current makefile; undefined if that does not include makesafe.mk. */
export function spellingOf(root: string): Spelling | undefined {
  try {
    const makefile = findMakefile(root);
    return makefile === undefined ? undefined : spellingIn(readTheirMakefile(root, makefile));
  } catch {
    // make itself reports a makefile that cannot be read.
    return undefined;
  }
}
