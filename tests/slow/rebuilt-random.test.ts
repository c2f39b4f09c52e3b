import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { local_seeded, SEED } from '../helpers/seeded-environment.ts';
import { succeeded } from '../helpers/processes.ts';
import { wholeDatabase } from '../helpers/whole-database.ts';
import { onlyRevisions } from '../helpers/zoo-revisions.ts';

/** Sequences of edits; `REBUILDS=20` takes more than one. */
const SEQUENCES = Number(process.env['REBUILDS'] ?? 1);

type Step =
  | { readonly do: 'edit'; readonly which: number; readonly to: number }
  | { readonly do: 'add' | 'seed' | 'setting'; readonly to: number }
  | { readonly do: 'remove' | 'spoil' | 'rebuild' | 'rebuild CACHE=0' | 'rebuild SEED=0' };

const number = fc.nat({ max: 3 });
const change: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('edit' as const), which: number, to: number }),
  fc.record({ do: fc.constantFrom('add' as const, 'seed' as const, 'setting' as const), to: number }),
  fc.record({ do: fc.constantFrom('add' as const), to: number }),
  fc.record({ do: fc.constantFrom('remove' as const, 'spoil' as const) }),
);
const rebuilt = fc.record({
  do: fc.oneof(
    { weight: 4, arbitrary: fc.constant('rebuild' as const) },
    fc.constantFrom('rebuild CACHE=0' as const, 'rebuild SEED=0' as const),
  ),
});
/** Up to two changes before each rebuild. */
const steps: fc.Arbitrary<Step[]> = fc
  .array(fc.tuple(fc.array(change, { maxLength: 2 }), rebuilt), { minLength: 3, maxLength: 3 })
  .map((rounds) => rounds.flatMap(([before, after]) => [...before, after]));

/** Each one writes down what it finds: in another order, or on top of rows of a seed, it finds something else. */
const revisionOf = (at: number, value: number): string => `
  ${at === 0 ? 'CREATE TABLE public.trail (n serial, found text);' : ''}
  CREATE TABLE public.part_${at} (id int GENERATED ALWAYS AS IDENTITY (START ${value + 1}), v int DEFAULT ${value});
  INSERT INTO public.part_${at} (v) SELECT ${value} FROM generate_series(1, ${value + 1});
  INSERT INTO public.trail (found) SELECT 'revision ${at}: ' || string_agg(relname, ',' ORDER BY relname) || current_setting('work_mem')
    FROM pg_class WHERE relnamespace = 'public'::regnamespace`;
const seedOf = (value: number): string => `
  CREATE TABLE public.seeds AS SELECT ${value} AS v, count(*) AS found, current_setting('work_mem') AS mem FROM public.trail;
  INSERT INTO public.trail (found) VALUES ('seed ${value}');`;

const scratch = useEmbedded({
  environments: {
    local_seeded,
  },
});
const { sql } = localAsker(scratch, 'local_seeded', 'app', 'core');
const rebuild = async (words: string): Promise<string> =>
  succeeded(
    await scratch.runTask(`db-rebuild-env ENV=local_seeded WAIT=0 METHOD=db UNTIL=seed FROM=reset ${words}`),
  ).stderr;
async function look(): Promise<string[]> {
  const client = await connect(scratch, { environment: 'local_seeded', user: 'app', database: 'core' });
  try {
    return await wholeDatabase(client);
  } finally {
    await client.end();
  }
}

beforeAll(() => scratch.mustTask('up ENV=local_seeded'), PATIENCE);

test(
  'whatever was edited before it, a rebuild that takes something is equal to one from nothing',
  async () => {
    const fromNothing = new Map<string, string[]>();
    const counts = { rebuilds: 0, taken: 0, onTop: 0 };
    const revisions = [0];
    let [seed, mem] = [0, 5];

    async function compare(words: string): Promise<void> {
      const said = await rebuild(words);
      const found = await look();
      const state = JSON.stringify([revisions, words === 'SEED=0' ? null : seed, mem]);
      const bare = words === 'SEED=0' ? 'SEED=0 CACHE=0' : 'CACHE=0';
      if (words !== 'CACHE=0' && !fromNothing.has(state)) {
        expect(await rebuild(bare)).not.toContain('of the same files is taken');
        fromNothing.set(state, await look());
      }
      counts.rebuilds += 1;
      counts.taken += Number(said.includes('of the same files is taken'));
      counts.onTop += Number(said.includes('will run on top of it'));
      expect(found, `${state}\n${said}`).toEqual(fromNothing.get(state) ?? found);
      fromNothing.set(state, found);
    }

    const perform: Readonly<Record<Step['do'], (step: Step) => void | Promise<unknown>>> = {
      edit: (step) => {
        if (step.do === 'edit') revisions[step.which % revisions.length] = step.to;
      },
      add: (step) => void ('to' in step && revisions.push(step.to)),
      remove: () => void (revisions.length > 1 && revisions.pop()),
      seed: (step) => void ('to' in step && (seed = step.to)),
      setting: (step) => {
        if ('to' in step) mem = 5 + step.to;
        return sql(`ALTER DATABASE core SET work_mem TO '${mem}MB'`, 'postgres');
      },
      spoil: () => sql('DROP TABLE IF EXISTS seeds; DELETE FROM part_0'),
      rebuild: () => compare(''),
      'rebuild CACHE=0': () => compare('CACHE=0'),
      'rebuild SEED=0': () => compare('SEED=0'),
    };
    const write = (): void => {
      onlyRevisions(
        scratch,
        revisions.map((value, at) => revisionOf(at, value)),
      );
      scratch.write(SEED, seedOf(seed));
    };

    write();
    await sql(`ALTER DATABASE core SET work_mem TO '${mem}MB'`, 'postgres');
    await compare('');
    const property = fc.asyncProperty(steps, async (all) => {
      for (const step of all) {
        await perform[step.do](step);
        write();
      }
    });
    // What is kept of one sequence is there in the next: a shorter one would not fail alike.
    await fc.assert(property, { numRuns: SEQUENCES, seed: COMMIT, endOnFailure: true });
    // The second of two takes what the first has kept.
    await compare('');
    await compare('');
    console.log(
      `${counts.rebuilds} rebuilds of ${fromNothing.size} states, ${counts.taken} took something, ${counts.onTop} ran more on top of it`,
    );
    expect(counts.taken).toBeGreaterThan(0);
  },
  SEQUENCES * 600_000,
);
