import { posix } from 'node:path';

/** A stage of a Dockerfile: the parts that decide where files of the build context end up. */
interface Stage {
  readonly name: string;
  /** The stage or image that it starts from. */
  readonly from: string;
  folder: string;
  readonly variables: Map<string, string>;
  readonly copies: {
    readonly from: string | undefined;
    readonly sources: string[];
    readonly target: string;
  }[];
}

/** Where a file ends up in an image. */
export interface Landing {
  /** Its path in the image; undefined if nothing copies it. */
  readonly path: string | undefined;
  /** The working directory. */
  readonly folder: string;
}

/**
 * The path of a build context's file in the image, and the image's working directory.
 *
 * @param file relative to the build context
 * @param wanted the stage that is built; by default the last one
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function landingOf(dockerfile: string, file: string, wanted?: string): Landing | undefined {
  const stages = stagesOf(dockerfile);
  const last = wanted === undefined ? stages.at(-1) : stages.find(({ name }) => name === wanted);
  return last && { path: inStage(file, last, stages, 0), folder: last.folder };
}

function stagesOf(dockerfile: string): Stage[] {
  const stages: Stage[] = [];
  const global = new Map<string, string>();
  for (const line of linesOf(dockerfile)) {
    const [, word = '', rest = ''] = line.match(/^(\w+)\s+(.*)$/s) ?? [];
    const stage = stages.at(-1);
    const fill = (text: string): string =>
      text.replaceAll(
        /\$\{?(\w+)(?::?-([^}]*))?\}?/g,
        (_all, name: string, other?: string) => stage?.variables.get(name) ?? global.get(name) ?? other ?? '',
      );
    const instruction = word.toUpperCase();
    if (instruction === 'FROM') {
      const [from = '', , name] = fill(rest.replaceAll(/--\S+\s+/g, '')).split(/\s+/);
      const parent = stages.find((one) => one.name === from.toLowerCase());
      stages.push({
        ...{ name: (name ?? String(stages.length)).toLowerCase(), from: from.toLowerCase(), copies: [] },
        folder: parent?.folder ?? '/',
        variables: new Map(parent?.variables),
      });
    } else if (instruction === 'ARG' || instruction === 'ENV') {
      const all = rest.includes('=')
        ? rest.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S*)/g)
        : rest.matchAll(/^(\w+)\s+(.*)$/g);
      for (const [, name, value] of all)
        (stage?.variables ?? global).set(name!, fill(value!.replaceAll(/^["']|["']$/g, '')));
    } else if (stage === undefined) {
      continue;
    } else if (instruction === 'WORKDIR') {
      stage.folder = posix.resolve(stage.folder, fill(rest.trim().replaceAll(/^["']|["']$/g, '')));
    } else if (instruction === 'COPY' || instruction === 'ADD') {
      const from = rest.match(/--from=(\S+)/)?.[1]?.toLowerCase();
      const words = pathsOf(rest.replaceAll(/--\S+\s+/g, '')).map(fill);
      const target = words.pop();
      // Keep the slash: it says that the target is a folder, in which the file keeps its name.
      if (target !== undefined)
        stage.copies.push({
          from,
          sources: words,
          target: posix.resolve(stage.folder, target) + (/\/$|^\.$/.test(target) ? '/' : ''),
        });
    }
  }
  return stages;
}

const linesOf = (dockerfile: string): string[] =>
  dockerfile
    .replaceAll(/^\s*#.*$\n?/gm, '')
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);

/** The paths of COPY, in both forms: as words, and as JSON. */
function pathsOf(text: string): string[] {
  try {
    const given: unknown = JSON.parse(text);
    if (Array.isArray(given)) return given.map(String);
  } catch {
    // Not JSON, so words.
  }
  return text.split(/\s+/).filter(Boolean);
}

/** The path of a file in a stage: the last COPY counts, else the stage that this one starts from. */
function inStage(file: string, stage: Stage, stages: readonly Stage[], depth: number): string | undefined {
  if (depth > 10) return undefined;
  for (const { from, sources, target } of stage.copies.toReversed()) {
    const other =
      from === undefined ? undefined : stages.find(({ name }, at) => name === from || String(at) === from);
    const path = from === undefined ? file : other && inStage(file, other, stages, depth + 1);
    if (path === undefined) continue;
    for (const source of sources) {
      const landed = copied(path, source, target, sources.length > 1);
      if (landed !== undefined) return landed;
    }
  }
  const parent = stages.find(({ name }) => name === stage.from);
  return parent && inStage(file, parent, stages, depth + 1);
}

/** Where COPY puts a file: a folder's content goes into the target, and a file keeps its name in a folder. */
function copied(file: string, source: string, target: string, several: boolean): string | undefined {
  const clean = (text: string): string => posix.normalize(`/${text}`).replace(/(.)\/$/, '$1');
  const [from, path] = [clean(source), clean(file)];
  const into = target.replace(/(.)\/$/, '$1');
  if (from === path) return several || target.endsWith('/') ? posix.join(into, posix.basename(path)) : into;
  if (from === '/') return posix.join(into, path);
  if (path.startsWith(`${from}/`)) return posix.join(into, path.slice(from.length));
  if (!/[*?[]/.test(from)) return undefined;
  // A pattern matches files and folders: a folder's content is copied, and a file keeps its name.
  const parts = from.split('/').length;
  const head = path.split('/').slice(0, parts).join('/');
  const pattern = from
    .replaceAll(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  if (!new RegExp(`^${pattern}$`).test(head)) return undefined;
  const rest = path.slice(head.length);
  return posix.join(into, rest === '' ? posix.basename(path) : rest);
}
