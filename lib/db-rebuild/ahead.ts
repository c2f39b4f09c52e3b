import { once } from '../system/memoise.ts';
import { factsOf, type VerifyFacts } from '../schema/verify/facts.ts';
import type { HeldBack } from '../stack/application.ts';
import { whatWasFound } from './cache/find.ts';
import type { RebuildRun } from './parameters.ts';

/** What several steps share. Each function does its work once, when it is first called. */
export interface Ahead {
  /** Builds the images, if the environment builds its own. Runs while the old server stops. */
  readonly images: () => Promise<void>;
  /** Stops the services that may migrate when they start. A later step starts them again. */
  readonly hold: () => Promise<HeldBack | undefined>;
  /** The command that continues a failed run. */
  readonly again: string;
  /** Facts of the environment. Ask only for what exists at that step. */
  readonly facts: VerifyFacts;
  /** Whether the run has the step `reset`. */
  readonly fromNothing: boolean;
}

/**
 * Starts the work that no step changes: reading BASE runs at the same time as the steps for ENV.
 *
 * @param options.compares whether the run has the step `verify`
 * @param options.fromNothing whether it has the step `reset`
 */
export async function beginAhead(
  run: RebuildRun,
  {
    compares,
    fromNothing,
    again,
  }: { readonly compares: boolean; readonly fromNothing: boolean; readonly again: string },
): Promise<Ahead> {
  const { stack, environment, values, actor } = run;
  const base = compares ? values.BASE : undefined;
  const other =
    base === undefined
      ? undefined
      : await (await import('../schema/verify/db-verify.ts')).factsOfBase(run, base);
  if (!actor.dryRun) {
    void other?.readBase();
    // The step that needs it at the end reports its failure.
    other?.facts?.current().catch(() => {});
  }
  // Alembic takes most of a second to start.
  const heads = fromNothing ? whatWasFound()?.heads : undefined;
  const facts = factsOf(run, other);
  return {
    again,
    fromNothing,
    hold: once(async () => stack.application?.holdBack('all')),
    images: once(async () => {
      if (environment.entry.local === true) await stack.build();
    }),
    facts: heads ? { ...facts, heads: () => Promise.resolve(heads) } : facts,
  };
}
