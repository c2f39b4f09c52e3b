import { statSync } from 'node:fs';
import { canonicalise, type CanonicalName } from '../../environment/canonicalise.ts';
import { UsageError } from '../../errors.ts';
import { openEnvironment } from '../../run/open-environment.ts';
import type { StackRun } from '../../run/run.ts';
import { MIGRATIONS } from '../migrated/migrated.ts';
import type { Parameters } from '../../parameters/parameter.ts';

/** What BASE means: an environment, already opened, a dump file, or what the revisions make, up to the heads or to `at`. */
export type Base<P extends Parameters = Parameters> =
  | { readonly environment: StackRun<P> }
  | { readonly file: string }
  | { readonly migrations: true; readonly at?: string };

/**
 * Opens what BASE means. The name or alias of an environment always means the environment, even if a file has that
 * name; `migrations` means the revisions of this checkout, even if a file or folder has that name.
 *
 * @throws UsageError if BASE is neither, or is the same environment as ENV
 */
export async function openBase<P extends Parameters>(run: StackRun<P>, base: string): Promise<Base<P>> {
  const { registry, terminal, environment } = run;
  let name: CanonicalName;
  try {
    name = canonicalise(base, registry);
  } catch (error) {
    if (base === MIGRATIONS) return { migrations: true };
    if (statSync(base, { throwIfNoEntry: false })?.isFile()) return { file: base };
    if (!(error instanceof UsageError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: `${error.hint}, or a dump file, or ${MIGRATIONS}` };
    throw new UsageError(error.message.replace(/^ENV\b/, 'BASE'), hint);
  }
  if (name.alias !== undefined) {
    terminal.warn(`BASE=${name.alias} is deprecated; the environment is ${name.name}`);
  }
  if (name.name === environment.name) {
    throw new UsageError(`ENV and BASE are both ${name.name}: there is nothing to compare`, {
      hint: 'BASE=<another environment, or a dump file>',
    });
  }
  return { environment: await openEnvironment(run, name) };
}
