import { existsSync } from 'node:fs';
import { basename, posix, resolve } from 'node:path';
import type { Environment } from '../environment/resolve.ts';
import { ConfigurationError } from '../errors.ts';
import { filesNamed } from './files-named.ts';

/**
 * The alembic.ini of an environment in this checkout, for an Alembic that runs on this machine. If Alembic runs in a
 * container, the registry has its path there: then it is the file of the checkout whose path ends like that one.
 *
 * @param typed ALEMBIC_INI: a file of this machine, or a path in the container
 * @throws ConfigurationError if there is none, or if it cannot be told which one of several
 */
export function iniHere({ root, names, name }: Environment, typed: string | undefined): string {
  const stated = typed ?? (names.alembicOnHost ? names.alembicIni : names.application.alembicIni);
  for (const file of [stated, ...(typed === undefined ? [names.alembicIni] : [])])
    if (existsSync(resolve(root, file))) return resolve(root, file);
  const found = mostAlike(filesNamed(root, basename(stated)), stated);
  if (found.length === 1) return resolve(root, found[0]!);
  throw new ConfigurationError(
    found.length === 0
      ? `${stated} of ${name}: no such file in this checkout`
      : `which file of this checkout is ${stated} of ${name} cannot be told: ${found.join(', ')}`,
    { hint: `ALEMBIC_INI=${found[0] ?? '<file>'}` },
  );
}

/** The files whose paths have the most folders at their end in common with a path. Pure. */
export function mostAlike(files: readonly string[], path: string): string[] {
  const wanted = path.split(posix.sep).reverse();
  const alike = (file: string): number => {
    const words = file.split(posix.sep).reverse();
    const differs = words.findIndex((word, index) => word !== wanted[index]);
    return differs < 0 ? words.length : differs;
  };
  const most = Math.max(0, ...files.map(alike));
  return files.filter((file) => alike(file) === most);
}
