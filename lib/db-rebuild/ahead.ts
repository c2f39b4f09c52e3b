import { once } from '../system/memoise.ts';
import { factsOf, type Facts } from '../schema/verify/facts.ts';
import type { HeldBack } from '../stack/stack.ts';
import type { RebuildRun } from './parameters.ts';

/** What the steps share, each part of it begun when it is first asked for, and once. */
export interface Ahead {
  /** Images built, where the environment builds its own: while the old server stops. */
  readonly images: () => Promise<void>;
  /** Stops what may migrate by itself; started again by a later step. */
  readonly hold: () => Promise<HeldBack | undefined>;
  /** The line that goes on where this run stopped. */
  readonly again: string;
  /** Of the environment: to be asked only for what is there already. */
  readonly facts: Facts;
}

/**
 * Begins what waits for nothing that a step changes: BASE is read while ENV is being made.
 *
 * @param options.compares whether the run will come to that
 */
export async function beginAhead(
  run: RebuildRun,
  { compares, again }: { readonly compares: boolean; readonly again: string },
): Promise<Ahead> {
  const { stack, environment, values, actor } = run;
  const base = compares ? values.BASE : undefined;
  const other =
    base === undefined
      ? undefined
      : await (await import('../schema/verify/db-verify.ts')).factsOfBase(run, base);
  if (!actor.dryRun) {
    void other?.readBase();
    // Whoever asks for it at the end hears of its failure.
    other?.facts?.current().catch(() => {});
  }
  return {
    again,
    hold: once(async () => stack.application?.holdBack('all')),
    images: once(async () => {
      if (environment.entry.local === true) await stack.build();
    }),
    facts: factsOf(run, other),
  };
}
