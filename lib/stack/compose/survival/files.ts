import { posix } from 'node:path';
import { once } from '../../../system/memoise.ts';
import type { Engine } from '../engine/engine.ts';
import type { PathIn } from '../engine/path-in.ts';

/** Reads the files of a container, running or not, by the engine's API. It does not see a tmpfs mount. */
export interface Files {
  readonly exists: (path: string) => Promise<boolean>;
  /** The path with all links resolved. @param passed receives the path of each link */
  readonly realpath: (path: string, passed?: string[]) => Promise<string>;
  readonly linksIn: (folder: string) => Promise<{ readonly name: string; readonly target: string }[]>;
  /** Paths in its own layer that are new or changed, compared with its image. */
  readonly changes: () => Promise<ReadonlySet<string>>;
}

/** Maximum number of links in a path, like Linux: path_resolution(7). */
const MOST_LINKS = 40;
/** Maximum bytes to read of a folder's tar. A link takes 512. */
const MOST_OF_FOLDER = 1 << 20;

export function filesOf(engine: Engine, container: string): Files {
  const known = new Map<string, Promise<PathIn | undefined>>();
  const look = (path: string): Promise<PathIn | undefined> => {
    const asked = known.get(path) ?? engine.pathIn(container, path);
    known.set(path, asked);
    return asked;
  };

  async function realpath(path: string, passed: string[] = []): Promise<string> {
    let [done, left] = ['/', path.split('/').filter(Boolean)];
    for (let followed = 0; left.length > 0 && followed < MOST_LINKS;) {
      const next = posix.join(done, left[0]!);
      left = left.slice(1);
      const target = (await look(next))?.linkTarget ?? '';
      if (target === '') {
        done = next;
        continue;
      }
      passed.push(next);
      followed += 1;
      [done, left] = ['/', [...target.split('/').filter(Boolean), ...left]];
    }
    return done;
  }

  return {
    realpath,
    exists: async (path) => (await look(path)) !== undefined,
    linksIn: async (folder) => {
      const found = await engine.pathIn(container, folder, MOST_OF_FOLDER);
      return found ? linksOf(found.tar) : [];
    },
    changes: once(async () => {
      const changes = await engine.ask<readonly { Path: string; Kind: number }[] | null>(
        `/containers/${container}/changes`,
      );
      // Kind 2 is a removed path.
      return new Set((changes ?? []).filter(({ Kind }) => Kind !== 2).map(({ Path }) => Path));
    }),
  };
}

/** The links in a tar. Pure. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
export function linksOf(tar: Buffer): { name: string; target: string }[] {
  const found: { name: string; target: string }[] = [];
  const text = (from: number, length: number): string =>
    tar.toString('utf8', from, from + length).replace(/\0.*/s, '');
  /** The target of the next entry, if it is too long for that entry's header: then an entry of its own holds it. */
  let long: string | undefined;
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const [kind, size] = [text(at + 156, 1), parseInt(text(at + 124, 12), 8) || 0];
    if (kind === '2')
      found.push({ name: posix.basename(text(at, 100)), target: long ?? text(at + 157, 100) });
    long =
      kind === 'x'
        ? tar.toString('utf8', at + 512, at + 512 + size).match(/ linkpath=(.*)\n/)?.[1]
        : undefined;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}
