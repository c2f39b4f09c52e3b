import { join } from 'node:path';
import { readTextIfThere } from '../system/read-bounded.ts';
import type { Target, TheirMakefile } from './their-makefile.ts';

const DESTROYS: readonly RegExp[] = [
  /\bdown\b.*\s(--volumes|-\w*v\w*)(\s|$)/,
  /\b(compose|docker|podman)\b.*\brm\b.*\s(-\w*v|--volumes)/,
  /\bcompose\b.*\bup\b.*\s(-V|--renew-anon-volumes)(\s|$)/,
  /\bvolume\s+(rm|remove|prune)\b/,
  /\bsystem\s+prune\b.*(--volumes|-\w*a)/,
  /\bdropdb\b|\bDROP\s+(DATABASE|SCHEMA|TABLE|OWNED)\b|\bTRUNCATE\b|\bDELETE\s+FROM\b/i,
  /\b(drop[_-]?all|(drop|reset|wipe|nuke|purge|clear|truncate)[_-]?(db|database|tables?|schema))\b/i,
  /\b(alembic|db)\b.*\bdowngrade\b/,
  /\bmanage\.py\s+flush\b|\bdb:(drop|reset)\b|\bmigrate\s+reset\b/,
  /\bpg_restore\b.*(--clean|\s-\w*c)/,
  /\brm\s+(-\w+\s+)*-\w*r\w*\b.*(data|postgres|volume|\bdb\b|\bpg)/i,
];

const STOPS: readonly RegExp[] = [
  /\bcompose\b.*\s(down|stop|kill|rm|pause)\b/,
  /\bdocker\s+(container\s+)?(stop|kill|rm|pause)\b/,
];

/** Files that a recipe runs: scripts of the shell and of SQL, Python's own, and programs that it calls by their path. */
const SCRIPTS =
  /[\w./-]+\.(?:sh|bash|sql)\b|(?<=\bpython[\d.]*\s+)[\w./-]+\.py\b|(?<=^[@+-]*|\s)[\w.-]*\/[\w/-]+(?=\s|$)/g;

/** What a line only prints. Into a pipe it is input: `echo "DROP TABLE x" | psql`. */
const PRINTED = /\b(?:echo|printf)\b(?:"[^"]*"|'[^']*'|[^|;&"'])*/g;

/** A line without what it only prints; empty for a comment. */
function acting(line: string): string {
  if (/^\s*(#|--)/.test(line)) return '';
  return line.replaceAll(PRINTED, (text, at: number) =>
    /^\|(?!\|)/.test(line.slice(at + text.length)) ? text : '',
  );
}

type Judge = (
  target: Target,
  makefile: TheirMakefile,
  readScript: (path: string) => string | undefined,
) => string | undefined;

/** The line with which a target destroys data, if any: in its recipe, in a script, or in a target that it calls. */
export const destroying: Judge = (...about) => lineOf(DESTROYS, ...about);

/** The line with which a target stops something that others may be using, if any. */
export const stopping: Judge = (...about) => lineOf(STOPS, ...about);

function lineOf(
  forms: readonly RegExp[],
  target: Target,
  makefile: TheirMakefile,
  readScript: (path: string) => string | undefined,
  depth = 0,
): string | undefined {
  if (depth > 5) return undefined;
  const scripts = target.recipe.flatMap((line) => line.match(SCRIPTS) ?? []);
  const lines = [...target.recipe, ...scripts.flatMap((path) => (readScript(path) ?? '').split('\n'))];
  const line = lines.find((one) => forms.some((form) => form.test(acting(one))));
  if (line !== undefined) return line.replace(/^[@+-]+/, '').trim();
  const calls = target.recipe.flatMap((one) =>
    [...one.matchAll(/(?:\$[({]MAKE[)}]|\bmake)\s+([\w.-]+)/g)].map(([, name]) => name!),
  );
  for (const name of [...target.prerequisites, ...calls]) {
    const other = makefile.targets.find((one) => one.name === name && one !== target);
    const found = other && lineOf(forms, other, makefile, readScript, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads scripts that recipes run; undefined for a script that is missing, too large or not text. */
export const readScriptIn =
  (root: string) =>
  (path: string): string | undefined => {
    try {
      return readTextIfThere(join(root, path), { most: 100_000, as: path });
    } catch {
      return undefined;
    }
  };
