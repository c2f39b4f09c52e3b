import { ConfigurationError, UsageError } from '../errors.ts';
import { nearest } from '../output/suggest.ts';
import type { Asker } from './ask.ts';
import { findChains } from './chains.ts';
import { isOverride, type FoundFile } from './compose-files.ts';
import { filesFor, groupFiles, type GivenFiles } from './environments.ts';
import type { FoundEnvironment } from './found-environment.ts';
import { isPresent } from '../repository/project.ts';

/** What the person typed. */
export interface Wishes {
  readonly ENVIRONMENTS?: readonly string[] | undefined;
  readonly PROTECTED?: readonly string[] | undefined;
  readonly FILES?: readonly GivenFiles[] | undefined;
}

/**
 * The environments of a repository: from its files, and from what the person typed or answers.
 *
 * @throws ConfigurationError if there is no compose file
 * @throws UsageError if a given file does not exist, or a question is open
 */
export async function chooseEnvironments(
  root: string,
  files: readonly string[],
  found: readonly FoundFile[],
  wishes: Wishes,
  asker: Asker,
): Promise<FoundEnvironment[]> {
  const given = wishes.FILES ?? [];
  const absent = given.flatMap((one) => one.files).find((file) => !isPresent(root, file));
  if (absent !== undefined) {
    const meant = nearest(
      absent,
      files.filter((file) => /\.ya?ml$/.test(file)),
    );
    throw new UsageError(`FILES: ${absent}: no such file`, {
      hint:
        meant === undefined
          ? `compose files that are here: ${found.map(({ path }) => path).join(', ')}`
          : `did you mean ${meant}`,
    });
  }
  if (found.length === 0 && given.length === 0) {
    throw new ConfigurationError(`there is no compose file in ${root}`, {
      hint: 'run this in the repository that has the compose files',
    });
  }
  const chains = findChains(
    root,
    files,
    found.map(({ path }) => path),
  );
  const answered = [...given];
  for (;;) {
    const grouping = groupFiles(found, answered, chains);
    const before = answered.length;
    for (const { name, about, candidates } of grouping.conflicts) {
      const spelled = candidates.map((one) => `${name}:${one.join('+')}`);
      const said = await asker.decide({ name: 'FILES', about, candidates: spelled });
      if (said !== undefined) answered.push({ name, files: candidates[spelled.indexOf(said)]! });
    }
    asker.settle();
    if (answered.length > before) continue;
    if (grouping.environments.length === 0) return [await withoutDatabase(found, asker)];
    const all = grouping.environments;
    return wishes.ENVIRONMENTS ? filesFor(wishes.ENVIRONMENTS, all) : [...all];
  }
}

/** No usable file has a database that init recognises: asks which files to use. An ignored file may have one. */
async function withoutDatabase(found: readonly FoundFile[], asker: Asker): Promise<FoundEnvironment> {
  const live = found.filter(({ unused, path }) => unused === undefined && !isOverride(path));
  const choice = live.length > 0 ? live : found.filter(({ hasDatabase }) => hasDatabase);
  const candidates = choice.map(({ path }) => `dev:${path}`);
  const said = await asker.decide({
    name: 'FILES',
    about: 'no compose file that runs has a database that can be told',
    candidates,
  });
  asker.settle();
  const files = said!.slice('dev:'.length).split('+');
  const sign = found.find(({ path }) => path === files[0])?.sign;
  return {
    ...{ name: 'dev', files },
    protected: sign !== undefined,
    because: sign ?? 'it is the only one',
  };
}
