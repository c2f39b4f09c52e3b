import { describe, expect, inject, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { resetGenerated, type Outcome } from '../helpers/generated-project.ts';
import { seededRandom } from '../unit/support.ts';

/**
 * `PROJECTS=200 npx vitest run --project e2e tests/e2e/plan.test.ts`; `SEED=<number>` begins elsewhere, `SEED=7,9` makes those
 * two, `DEBUG=1` shows what was said of each.
 */
const SEEDS = (process.env['SEED'] ?? '').split(',').filter(Boolean).map(Number);
const COUNT = SEEDS.length > 1 ? SEEDS.length : Number(process.env['PROJECTS'] ?? 5);
/** At the same time: each waits for the engine most of its time. */
const AT_ONCE = 6;

/** Other projects with each commit. */
const seed = (): number => SEEDS[0] ?? COMMIT;

describe.skipIf(inject('noEngine') !== '')('the plan of a reset', () => {
  test(
    `${COUNT} generated projects: what is gone is what the screen has listed, or it was refused and nothing is`,
    async () => {
      const first = seed();
      const seeds =
        SEEDS.length > 1 ? [...SEEDS] : Array.from({ length: COUNT }, (_project, at) => first + at);
      const outcomes: Outcome[] = [];
      const work = async (): Promise<void> => {
        for (let next = seeds.shift(); next !== undefined; next = seeds.shift()) {
          const outcome = await resetGenerated(seededRandom(next)).catch((error: unknown) => ({
            ...{ title: 'not made', refused: false, gone: 0, said: '' },
            broken: String(error),
          }));
          outcomes.push({ ...outcome, title: `SEED=${next}: ${outcome.title}` });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      const refused = outcomes.filter(({ refused }) => refused).length;
      const gone = outcomes.reduce((sum, outcome) => sum + outcome.gone, 0);
      console.log(
        `${outcomes.length} projects: ${outcomes.length - refused} reset, ${gone} things gone; ${refused} refused`,
      );
      if (process.env['DEBUG'] === '1')
        for (const { title, said } of outcomes) console.log(`${title}\n${said}`);
      expect(outcomes.filter(({ broken }) => broken !== undefined)).toEqual([]);
      expect(outcomes).toHaveLength(COUNT);
    },
    60_000 + COUNT * 60_000,
  );
});
