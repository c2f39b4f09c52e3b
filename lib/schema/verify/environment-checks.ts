import { grouped, total } from '../report/wording.ts';
import { failed, notLookedAt, passed, some, warning, type Check, type Outcome } from './check.ts';
import { markedAs } from './marker.ts';

/** Whether the stack is up, the database the right one, and its schema the one that it should have. */

export const stackUp: Check = {
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

export const databaseReachable: Check = {
  name: 'database reachable',
  async look({ query, database }) {
    const [row] = await query<{ version: string }>("SELECT current_setting('server_version') AS version");
    return passed(`${database} on PostgreSQL ${row!.version}`);
  },
};

export const markerRight: Check = {
  name: 'marker',
  async look({ query, environment }) {
    const [row] = await query<{ comment: string | null }>(
      "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = current_database()",
    );
    const marked = markedAs(row!.comment);
    if (marked === environment) return passed(`this database is marked as ${environment}`);
    if (marked === undefined) {
      return warning('the database has no marker yet', 'the next reset of this environment writes it');
    }
    return failed(
      `the database is marked as ${marked}, not as ${environment}`,
      `find out which database ${environment} reaches before anything else`,
    );
  },
};

export const oneHead: Check = {
  name: 'one head',
  async look({ heads, command }) {
    const all = await heads();
    if (all.length === 1) return passed(all[0]!);
    if (all.length === 0) return failed('there are no revisions', 'check ALEMBIC_INI');
    return failed(`${all.length} heads: ${some(all)}`, `alembic merge heads, then ${command('al-heads')}`);
  },
};

export const atHead: Check = {
  name: 'at head',
  async look({ current, heads, environment, command }) {
    const [at, all] = await Promise.all([current(), heads()]);
    if (all.length > 0 && sameSet(at, all)) return passed(at.join(', '));
    return failed(
      `${place(at)}, and head is ${some(all) || 'none'}`,
      command('al-up-env', { ENV: environment }),
    );
  },
};

export const revisionOfBase: Check = {
  name: 'same revision',
  async look({ current, heads, base, baseName, environment, command }) {
    if (baseName === undefined) return withoutBase;
    if (!base) return notLookedAt(`${baseName} is a file, and says no revision`);
    const [at, head, there] = await Promise.all([current(), heads(), base.current()]);
    if (at.length > 0 && sameSet(at, there)) return passed(`as ${baseName}`);
    // Of two, the one that is not at head is the one to migrate.
    const behind = sameSet(at, head) ? base.environment : environment;
    return failed(
      `${environment} ${place(at)}; ${baseName} ${place(there)}`,
      command('al-up-env', { ENV: behind }),
    );
  },
};

export const schemaSame: Check = {
  name: 'same schema',
  async look({ comparison, baseName, environment, command }) {
    if (baseName === undefined) return withoutBase;
    const { verdict, objects, incomplete } = await comparison();
    const { identical, equivalent, different, ignored } = total(objects);
    const accepted = ignored === 0 ? '' : `, ${grouped(ignored)} ignored`;
    const all = identical + equivalent;
    if (verdict === 'same') return passed(`as ${baseName}: ${grouped(all)} objects${accepted}`);
    const look = command('db-diff-schema-env', { ENV: environment, BASE: baseName, VERBOSE: '1' });
    if (verdict === 'incomplete') return failed(`could not be read in full: ${some(incomplete, 2)}`, look);
    return failed(
      `${grouped(different)} of ${grouped(all + different)} objects differ from ${baseName}${accepted}`,
      look,
    );
  },
};

export const withoutBase: Outcome = notLookedAt('needs BASE=<environment>');

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item) => other.includes(item));

const place = (revisions: readonly string[]): string =>
  revisions.length === 0 ? 'has no revision' : `is at ${revisions.join(', ')}`;
