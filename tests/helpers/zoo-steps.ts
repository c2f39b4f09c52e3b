import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { loadRegistry } from '../../lib/environment/registry.ts';
import type { Ran } from './processes.ts';
import { STEPS, ZooRepository, type Expectation, type Step } from './zoo.ts';

/** What a repository came to. */
export interface Outcome {
  readonly name: string;
  readonly state: 'works' | 'refuses' | 'known' | 'FAILS';
  /** Where, and what was said. */
  readonly note: string;
  readonly seconds: number;
}

/** What a step types, and what has to be so behind it, seen past the code under test. */
interface Work {
  readonly type: (repository: ZooRepository) => Promise<Ran>;
  readonly before?: (repository: ZooRepository) => Promise<void>;
  readonly seen: (repository: ZooRepository) => Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** Destroys: what a protected environment wants beside it is typed as well. */
function destroy(repository: ZooRepository, task: string, ...words: string[]): Promise<Ran> {
  const force = repository.stated.protected ? ['FORCE=1'] : ['WAIT=0'];
  return repository.task(task, `ENV=${repository.stated.environment}`, ...force, ...words);
}

const plain =
  (task: string, ...words: string[]) =>
  (repository: ZooRepository): Promise<Ran> =>
    repository.task(task, `ENV=${repository.stated.environment}`, ...words);

/** The migrations have made what they make, and the version tables say so. */
async function isMigrated(repository: ZooRepository): Promise<void> {
  for (const [table, heads] of Object.entries(repository.stated.versions)) {
    const rows = await repository.sql(`SELECT version_num FROM ${table} ORDER BY 1`);
    expect(rows.split('\n'), table).toEqual(heads);
  }
  expect(await repository.sql(repository.stated.rebuilt), repository.stated.rebuilt).toBe('t');
}

const dumps = (repository: ZooRepository): string[] =>
  readdirSync(repository.path('backups')).filter((file) => file.endsWith('.dump'));

/** The check before anything runs: nothing is wrong but that, and each finding has a line to type. */
function cold({ stdout, ...ran }: Ran): Ran {
  if (!stdout.startsWith('{')) return { stdout, ...ran };
  const { checks } = JSON.parse(stdout) as {
    checks: { check: string; state: string; found: string; remedy: string | null }[];
  };
  const found = checks.filter(({ state }) => state === 'failed' || state === 'warning');
  const isWrong = found.some(
    ({ state, found, remedy }) =>
      state === 'failed' && (!/is not running|has no container/.test(found) || remedy === null),
  );
  const lines = found.map(({ check, found, remedy }) => `✗ ${check} ${found}\n  → ${remedy}`);
  return { ...ran, stdout: `${lines.join('\n')}\n`, status: isWrong ? ran.status : 0 };
}

/** Whether the registry is what init writes, or has to be. */
const isInits = ({ stated: { registry, steps } }: ZooRepository): boolean =>
  registry === undefined || steps.init?.known !== undefined;

const WORK: Readonly<Record<Step, Work>> = {
  init: {
    async type(repository) {
      const { registry, init } = repository.stated;
      if (isInits(repository)) return repository.type(`npx makesafe init ${init}`);
      repository.writeRegistry(registry!);
      return { status: 0, stdout: '', stderr: '', time: 0 };
    },
    async seen(repository) {
      if (!isInits(repository)) return;
      const { root, prefix, stated } = repository;
      const registry = await loadRegistry(root);
      const written = JSON.stringify(registry);
      const { environments = registry.environments, ...rest } = stated.registered;
      expect(Object.keys(registry.environments).sort(), written).toEqual(Object.keys(environments).sort());
      expect(registry, written).toMatchObject({ environments, ...rest });
      const { [stated.environment]: entry } = registry.environments;
      expect(entry?.project, `${stated.environment} has a project of its own in ${written}`).toContain(
        prefix,
      );
    },
  },
  check: {
    type: async (repository) => cold(await plain('check', 'JSON=1')(repository)),
    seen: nothing,
  },
  up: {
    type: plain('up'),
    seen: async (repository) => void (await repository.sql('CREATE TABLE of_before AS SELECT 1 AS x')),
  },
  rebuild: {
    async type(repository) {
      const ran = await destroy(repository, 'db-rebuild-env');
      const [before, screen] = ran.stderr.split('this will be destroyed', 2);
      if (screen !== undefined) expect(before, 'in front of the screen').not.toMatch(/^#\d+ /m);
      return ran;
    },
    async seen(repository) {
      await isMigrated(repository);
      expect(await repository.sql(`SELECT to_regclass('of_before') IS NULL`)).toBe('t');
      await repository.sql(`INSERT INTO items (id, name) VALUES (101, 'scissors'), (102, 'はさみ')`);
    },
  },
  // Nothing is green while the next command would fail, and all of them are to work.
  recheck: { type: plain('check'), seen: nothing },
  health: { type: plain('health'), seen: nothing },
  backup: {
    type: plain('backup'),
    seen: (repository) => Promise.resolve(expect(dumps(repository)).not.toEqual([])),
  },
  restore: {
    before: async (repository) => void (await repository.sql('DELETE FROM items')),
    type: (repository) =>
      destroy(repository, 'restore-from-dump', `DUMP=backups/${dumps(repository).sort().at(-1)!}`),
    async seen(repository) {
      await isMigrated(repository);
      const names = 'SELECT name FROM items WHERE id IN (101, 102) ORDER BY id';
      expect(await repository.sql(names)).toBe('scissors\nはさみ');
    },
  },
  verify: { type: plain('db-verify-env'), seen: isMigrated },
  reset: {
    type: (repository) => destroy(repository, 'db-reset-db-env'),
    async seen(repository) {
      expect(await repository.sql(`SELECT to_regclass('items') IS NULL`)).toBe('t');
      await repository.sql('CREATE TABLE stays AS SELECT 1 AS x');
    },
  },
  down: {
    type: plain('down'),
    seen: async (repository) => expect(await repository.container()).toBeUndefined(),
  },
  again: {
    type: plain('up'),
    seen: async (repository) => expect(await repository.sql('SELECT count(*) FROM stays')).toBe('1'),
  },
};

/** @returns true when the step refused as it should, and what was typed instead did its work */
async function go(
  repository: ZooRepository,
  step: Step,
  { says, refuses, instead = [] }: Expectation,
): Promise<boolean> {
  const { type, before, seen } = WORK[step];
  await before?.(repository);
  const typed = await type(repository);
  const all = typed.stdout + typed.stderr;
  const said = `${step}: status ${typed.status}\n${all}`;
  const left = await repository.leftovers();
  if (left !== '') throw new Error(`leaves ${left} behind\n${said}`);
  for (const text of [says, refuses].filter((one) => one !== undefined))
    if (!new RegExp(text, 'm').test(all)) throw new Error(`does not say /${text}/\n${said}`);
  if (refuses === undefined && typed.status !== 0) throw new Error(said);
  if (refuses !== undefined) {
    if (typed.status === 0) throw new Error(`does not refuse\n${said}`);
    if (!/^\[next\] /m.test(all) && !/→ /.test(all)) throw new Error(`has no line to type\n${said}`);
  }
  for (const line of instead) {
    const ran = await repository.type(line);
    if (ran.status !== 0) throw new Error(`${line}: status ${ran.status}\n${ran.stdout}${ran.stderr}`);
  }
  // Refused, and nobody does it in another way: nothing has changed.
  if (refuses !== undefined && instead.length === 0) return true;
  await seen(repository).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${said}`);
  });
  return refuses !== undefined;
}

/** Takes a repository through its day. */
export async function visit(name: string): Promise<Outcome> {
  const repository = new ZooRepository(name);
  const began = performance.now();
  const refused: string[] = [];
  const knowns: string[] = [];
  const outcome = (state: Outcome['state'], note: string): Outcome => ({
    ...{ name, state, note },
    seconds: Math.round((performance.now() - began) / 1000),
  });
  try {
    await repository.make();
    for (const step of STEPS) {
      const { known, ...expectation } = repository.stated.steps[step] ?? {};
      const failure = await go(repository, step, expectation).then(
        (isRefused) => void (isRefused && refused.push(step)),
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      );
      if (!known && failure) return outcome('FAILS', `${step}: ${failure.message}`);
      if (!known) continue;
      if (!failure)
        return outcome('FAILS', `${step} works: take away that zoo.json knows of "${known.because}"`);
      if (!new RegExp(known.says, 'm').test(failure.message))
        return outcome('FAILS', `${step} fails in another way than is known: ${failure.message}`);
      knowns.push(`${step}: ${known.because}`);
      // With the registry beside it the rest of the day can be gone through.
      if (step !== 'init' || repository.stated.registry === undefined) break;
      repository.writeRegistry(repository.stated.registry);
    }
    if (knowns.length > 0) return outcome('known', knowns.join('; '));
    return refused.length > 0 ? outcome('refuses', refused.join(', ')) : outcome('works', '');
  } finally {
    await repository.dispose();
  }
}

/** `zoo: 37 of 40 work or refuse as they should; …`: the rest by name. */
export function summary(outcomes: readonly Outcome[]): string {
  const fine = outcomes.filter(({ state }) => state === 'works' || state === 'refuses');
  const rest = (['known', 'FAILS'] as const).flatMap((state) => {
    const names = outcomes.filter((one) => one.state === state).map((one) => one.name);
    return names.length === 0 ? [] : [`${state}: ${names.join(', ')}`];
  });
  return [`zoo: ${fine.length} of ${outcomes.length} work or refuse as they should`, ...rest].join('; ');
}
