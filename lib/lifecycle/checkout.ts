import type { StackRun } from '../run/run.ts';

/** Says which checkout this is, and where its ports are, in all checkouts but the first. */
export function tellCheckout({ environment, terminal }: StackRun): void {
  const { entry, root, project } = environment;
  if (!entry.checkout) return;
  const ports = Object.entries(entry.checkout.ports).map(([written, own]) => `${written} is ${own}`);
  terminal.info(
    `checkout ${entry.checkout.name} (${root}): project ${project}${ports.length === 0 ? '' : `; port ${ports.join(', ')} here`}`,
  );
}
