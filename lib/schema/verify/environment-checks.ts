import {
  failed,
  skipped,
  passed,
  some,
  warning,
  type Check,
  type Outcome,
} from '../../output/check-result.ts';
import { grouped } from '../../output/display.ts';
import { remarks, total } from '../report/wording.ts';
import { MIGRATIONS } from '../migrated/migrated.ts';
import type { VerifyFacts } from './facts.ts';
import { describeRevisions } from '../../database/revisions.ts';

/** Checks of the stack, of which database it is, and of its schema. */

export const stackUp: Check<VerifyFacts> = {
  name: 'stack up',
  async look({ services, environment, command }) {
    const all = await services();
    const sick = all.filter(({ healthy }) => !healthy).map(({ service, state }) => `${service}: ${state}`);
    const up = command('up', { ENV: environment });
    if (all.length === 0) return failed('no service runs', up);
    if (sick.length > 0) return failed(some(sick), up);
    return passed(some(all.map(({ service, state }) => `${service} ${state}`)));
  },
};

export const databaseReachable: Check<VerifyFacts> = {
  name: 'database reachable',
  async look({ query, database }) {
    const [row] = await query<{ version: string }>("SELECT current_setting('server_version') AS version");
    return passed(`${database} on PostgreSQL ${row!.version}`);
  },
};

export const markerRight: Check<VerifyFacts> = {
  name: 'marker',
  async look({ marker, environment, command }) {
    const marked = await marker();
    if (marked === environment) return passed(`marked for ${environment}`);
    if (marked === undefined) {
      return warning('the database is not marked yet', command('up', { ENV: environment }));
    }
    return failed(
      `the database is marked for ${marked}, not for ${environment}`,
      command('db-mark-env', { ENV: environment }),
    );
  },
};

export const oneHead: Check<VerifyFacts> = {
  name: 'one head',
  async look({ heads, severalHeads, command }) {
    const { heads: all } = await heads();
    if (severalHeads && all.length > 1) return passed(`${all.length}, on purpose: ${some(all)}`);
    if (all.length === 1) return passed(all[0]!);
    if (all.length === 0) return failed('there are no revisions', 'check ALEMBIC_INI');
    return failed(
      `${all.length} heads: ${some(all)}`,
      `alembic merge heads, then ${command('al-heads')}; where they are kept on purpose: severalHeads: true in env/environments.ts`,
    );
  },
};

export const atHead: Check<VerifyFacts> = {
  name: 'at head',
  async look({ current, heads, environment, command }) {
    const [at, { ends: all }] = await Promise.all([current(), heads()]);
    if (all.length > 0 && sameSet(at, all)) return passed(at.join(', '));
    return failed(
      `${describeRevisions(at)}, and head is ${some(all) || 'none'}`,
      command('al-up-env', { ENV: environment }),
    );
  },
};

export const revisionOfBase: Check<VerifyFacts> = {
  name: 'same revision',
  async look({ current, heads, base, baseName, environment, command }) {
    if (baseName === undefined) return withoutBase;
    if (!base)
      return skipped(
        baseName === MIGRATIONS
          ? 'migrations is all revisions: see at head'
          : `${baseName} is a file, and says no revision`,
      );
    const [at, { ends: head }, there] = await Promise.all([current(), heads(), base.current()]);
    if (at.length > 0 && sameSet(at, there)) return passed(`as ${baseName}`);
    // Suggest to migrate the side that is not at head.
    const behind = sameSet(at, head) ? base.environment : environment;
    return failed(
      `${environment} ${describeRevisions(at)}; ${baseName} ${describeRevisions(there)}`,
      command('al-up-env', { ENV: behind }),
    );
  },
};

export const schemaSame: Check<VerifyFacts> = {
  name: 'same schema',
  async look({ comparison, baseName, environment, command }) {
    if (baseName === undefined) return withoutBase;
    const found = await comparison();
    const { identical, equivalent, different } = total(found.objects);
    const [same, all] = [grouped(identical + equivalent), grouped(identical + equivalent + different)];
    const say = (sentence: string): string => [sentence, ...remarks(found)].join('; ');
    if (found.verdict === 'same') return passed(say(`as ${baseName}: ${same} objects`));
    const look = command('db-diff-schema-env', { ENV: environment, BASE: baseName, VERBOSE: '1' });
    if (found.verdict === 'incomplete') {
      return failed(say(`could not be read in full: ${some(found.incomplete, 2)}`), look);
    }
    return failed(say(`${grouped(different)} of ${all} objects differ from ${baseName}`), look);
  },
};

export const withoutBase: Outcome = skipped('needs BASE=<environment>');

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item) => other.includes(item));
