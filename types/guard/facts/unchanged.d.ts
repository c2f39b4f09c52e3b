import type { Variable } from '../../environment/env-files.ts';
import type { Facts } from './facts.ts';
/** A fact that may not change. Undefined is not known: nothing can be said then of whether it is another one. */
type Fact = string | undefined;
/** What may not change while a person reads and waits, each by the word of the screen. */
export declare function identityOf(
  { environment, entry, target, contents, markers, overlaps, plan }: Facts,
  variables: ReadonlyMap<string, Variable>,
): Record<string, Fact>;
/** A sentence for each fact that is another one by now. */
export declare function changesBetween(
  before: Readonly<Record<string, Fact>>,
  after: Readonly<Record<string, Fact>>,
): string[];
/**
 * A sentence for each part of the resolved configuration that is another one by now. What it says may be a secret, so only
 * the part is named.
 */
export declare function configurationChanges(
  before?: Readonly<Record<string, string>>,
  after?: Readonly<Record<string, string>>,
): string[];
export {};
