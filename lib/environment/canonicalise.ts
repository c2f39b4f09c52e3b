import { UsageError } from '../errors.ts';
import { nearest } from '../output/suggest.ts';
import type { Registry } from './entry.ts';

export interface CanonicalName {
  readonly name: string;
  /** The deprecated alias that was typed, if it was one. */
  readonly alias?: string;
}

/**
 * The environment that a typed name means. Only exact names and aliases count; white space around them is trimmed. A
 * guess appears only in the error message: makesafe never guesses which database is meant.
 *
 * @param again a command line with ENV for the hint, if ENV was not typed
 * @throws UsageError with the known names, and the most similar one
 */
export function canonicalise(typed: string, registry: Registry, again = ''): CanonicalName {
  const name = typed.trim();
  const names = Object.keys(registry.environments);
  const list = `environments: ${names.join(', ')}${again === '' ? '' : `; what is typed counts more: ${again}`}`;
  if (name === '') throw new UsageError('ENV is empty', { hint: list });
  if (Object.hasOwn(registry.environments, name)) return { name };
  const byAlias = Object.entries(registry.environments).find(([, entry]) => entry.aliases?.includes(name));
  if (byAlias) return { name: byAlias[0], alias: name };

  const removed = registry.removed ?? {};
  if (Object.hasOwn(removed, name)) {
    throw new UsageError(`ENV=${name} was removed; its successor is ${removed[name]}`, { hint: list });
  }
  const near = meant(name, registry);
  // JSON.stringify makes visible what a person cannot see: control characters and blanks at the ends.
  const question = near ? `; did you mean ${near}?` : '';
  throw new UsageError(`ENV=${JSON.stringify(name)} is not an environment${question}`, { hint: list });
}

/** The environment whose name, alias or former name is similar to the typed one. */
function meant(typed: string, { environments, removed = {} }: Registry): string | undefined {
  const successors = new Map([
    ...Object.entries(environments).flatMap(([name, { aliases = [] }]) =>
      [name, ...aliases].map((known): [string, string] => [known, name]),
    ),
    ...Object.entries(removed),
  ]);
  return successors.get(nearest(typed, successors.keys()) ?? '');
}
