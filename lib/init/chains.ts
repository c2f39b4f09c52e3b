import { basename, dirname, join, normalize } from 'node:path';
import { readText } from '../system/read-bounded.ts';

/** Files in which repositories write how they call compose. */
const CALLS =
  /^(.*\.(sh|mk|md|yml|yaml|just)|GNUmakefile|[Mm]akefile|[Jj]ustfile|package\.json|pyproject\.toml|\.env)$/;
const MOST = 200_000;

/**
 * Compose files that the repository itself gives to compose together: `docker compose -f a.yml -f b.yml` in a makefile, a
 * script or a document, and COMPOSE_FILE=a.yml:b.yml in an env file.
 *
 * @param known the compose files
 */
export function findChains(root: string, files: readonly string[], known: readonly string[]): string[][] {
  const chains = new Map<string, string[]>();
  for (const file of files) {
    if (!CALLS.test(basename(file)) || known.includes(file)) continue;
    let text: string;
    try {
      text = readText(join(root, file), { most: MOST, as: file });
    } catch {
      // A larger file is not a list of commands.
      continue;
    }
    if (!/compose/i.test(text)) continue;
    for (const chain of chainsIn(text)) {
      for (const folder of ['.', dirname(file)]) {
        const paths = chain.map((path) => normalize(join(folder, path)));
        if (!paths.every((path) => known.includes(path))) continue;
        chains.set(paths.join('\n'), paths);
        break;
      }
    }
  }
  return [...chains.values()];
}

/** Groups of two or more files in one line. A backslash at its end continues the line. */
export function chainsIn(text: string): string[][] {
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [, list] = line.match(/\bCOMPOSE_FILE\s*[:?]?=\s*["']?([^\s"']+)/) ?? [];
      if (list?.includes(':')) return [list.split(':')];
      if (!/compose/i.test(line)) return [];
      const found = [...line.matchAll(/(?:^|\s)(?:-f|--file)(?:\s+|=)["']?([^\s"']+\.ya?ml)/g)].map(
        ([, path]) => path!,
      );
      return found.length > 1 ? [found] : [];
    });
}
