import { inCheckout, isPerCheckout, readCheckout } from '../environment/checkout.ts';
import type { Registry } from '../environment/entry.ts';
import { KINDS } from '../stack/kinds.ts';
import type { Run } from './run.ts';

/**
 * The registry as it is in this checkout: beside the first checkout, local environments have a compose project and
 * ports of their own.
 *
 * @param name the environment to work on
 */
export async function settleCheckout(
  { root, registry, actor }: Pick<Run, 'root' | 'registry' | 'actor'>,
  name: string,
): Promise<Registry> {
  const entry = registry.environments[name]!;
  if (entry.checkout || !Object.values(registry.environments).some(isPerCheckout)) return registry;
  if (!isPerCheckout(entry)) {
    // The other environments are only looked at, if at all.
    const known = readCheckout(root);
    return known ? inCheckout(root, registry, known) : registry;
  }
  const checkout = await KINDS[entry.stack].settle?.(root, registry, name, actor.dryRun);
  return checkout ? inCheckout(root, registry, checkout) : registry;
}
