import { realpath, readdir, readlink, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isBelow } from '../../system/files.ts';
import { messageOf } from '../../errors.ts';
import { printable } from '../../output/printable.ts';
import { NOTHING, type Obstacle, type Plan } from '../plan.ts';
import { isGone, type Home } from './server.ts';

/** Leftovers of killed runs, which `removeData` removes as well. */
const LEFT = ['data.old', 'data.new'];

/**
 * The folders that a reset removes. If a link leads to data elsewhere (the folder itself, pg_wal, a tablespace), that
 * data would stay: this is an obstacle.
 *
 * @param instead what the person can do instead: empty the database and keep the storage
 */
export async function planEmbedded({ folder, data }: Home, instead: string): Promise<Plan> {
  const candidates = [
    { path: data, note: "the database's storage" },
    ...LEFT.map((name) => ({ path: join(folder, name), note: 'left by a run that was killed' })),
  ];
  const there = await Promise.all(candidates.map(async ({ path }) => !(await isGone({ data: path }))));
  const folders = candidates.filter((_folder, at) => there[at]);
  try {
    const found = await Promise.all(
      folders.map(async ({ path }) => [...(await behindLink(path, path, path)), ...(await linksIn(path))]),
    );
    const parts = found.flat();
    return { ...NOTHING, folders, obstacles: parts.map((reason): Obstacle => ({ reason, remedy: instead })) };
  } catch (error) {
    const reason = `the storage cannot be looked into: ${messageOf(error)}`;
    return { ...NOTHING, folders, obstacles: [{ reason, remedy: instead }] };
  }
}

/** One sentence for each link that leads out of a data directory. A link to a configuration file is not counted. */
async function linksIn(data: string): Promise<string[]> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink());
  const said = await Promise.all(
    links.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      const below = relative(data, path);
      const isFile = await stat(path).then(
        (found) => found.isFile(),
        () => false,
      );
      if (isFile && !below.includes('/')) return [];
      return behindLink(path, below.replace(/^pg_tblspc\/(\d+)$/, 'tablespace $1'), data);
    }),
  );
  return said.flat();
}

async function behindLink(path: string, what: string, data: string): Promise<string[]> {
  const to = await readlink(path).catch(() => undefined);
  if (to === undefined) return [];
  const end = await realpath(path).catch(() => to);
  return path !== data && isBelow(end, data)
    ? []
    : [`${what} lies elsewhere (${printable(end)}) and would stay`];
}
