import { posix } from 'node:path';
import type { Files } from './files.ts';
import { mountOf, type DataFiles, type Mount } from './place.ts';

/**
 * Finds a server's data in a container, running or not. It tries the directory that the server reports, then the
 * configured one, then searches all mounts and the container's own layer. The engine cannot see files in a tmpfs: in a
 * running container we assume that the data is there.
 *
 * @param told the directory that the server reports; undefined if it does not answer
 * @param configured the directory by the container's command and variables
 */
export async function findData(
  files: Files,
  running: boolean,
  mounts: readonly Mount[],
  told: string | undefined,
  configured: string,
): Promise<DataFiles> {
  const inMemory = (path: string): boolean => mountOf(path, mounts)?.kind === 'memory';
  const has = async (folder: string): Promise<boolean> => {
    const real = await files.realpath(folder);
    return inMemory(real) ? running : files.exists(posix.join(real, 'PG_VERSION'));
  };
  const at = async (directory: string): Promise<DataFiles> => ({
    ...{ state: 'there', directory },
    ...(await followLinks(files, directory, inMemory)),
  });
  if (told !== undefined) return at(posix.normalize(told));
  if (await has(configured)) return at(configured);
  const mounted = await Promise.all(
    mounts.map(async ({ destination }) => ((await has(destination)) ? destination : [])),
  );
  const places = [...new Set([...mounted.flat(), ...(await dataInLayer(files))])];
  if (places.length === 1) return at(places[0]!);
  if (places.length === 0) return { state: 'none', ...nowhere(configured) };
  const why = `there are data directories at ${places.join(' and ')}, and the server does not say which is its own`;
  return { state: 'unknown', why, ...nowhere(configured) };
}

/** The result if there is no data, or its place is unknown. */
export const nowhere = (
  directory: string,
): Pick<DataFiles, 'directory' | 'real' | 'links' | 'elsewhere'> => ({
  ...{ directory, real: directory, links: [], elsewhere: [] },
});

/** Data directories in the container's own layer. Skips the folder of each database, which also has a PG_VERSION. */
const dataInLayer = async (files: Files): Promise<string[]> =>
  [...(await files.changes())]
    .filter((path) => path.endsWith('/PG_VERSION') && !/\/base\/\d+\/PG_VERSION$/.test(path))
    .map((path) => posix.dirname(path));

async function followLinks(
  files: Files,
  directory: string,
  inMemory: (path: string) => boolean,
): Promise<Pick<DataFiles, 'real' | 'links' | 'elsewhere'>> {
  const passed: string[] = [];
  const real = await files.realpath(directory, passed);
  const elsewhere = inMemory(real)
    ? []
    : [
        { what: 'pg_wal', path: await files.realpath(posix.join(real, 'pg_wal'), passed) },
        ...(await Promise.all(
          (await files.linksIn(posix.join(real, 'pg_tblspc'))).map(async ({ name, target }) => ({
            what: `tablespace ${name}`,
            path: await files.realpath(posix.resolve(real, 'pg_tblspc', target), passed),
          })),
        )),
      ];
  // Links in the data directory stay with it.
  const links = [...new Set(passed)].filter((link) => !link.startsWith(`${real}/`));
  const changed = links.length > 0 ? await files.changes() : new Set<string>();
  return {
    real,
    links: links.map((path) => ({ path, ofImage: !changed.has(path) })),
    elsewhere: elsewhere.filter(({ path }) => !path.startsWith(`${real}/`)),
  };
}
