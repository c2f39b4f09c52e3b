import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import type { DatabaseIdentity } from '../identity.ts';
import { markerOf } from '../postgres/marker.ts';
import type { Result } from '../../system/process.ts';
import type { FailureReport } from './failure-report.ts';
import { watchedOf, type Watched, type WatchOptions, type WatchReport } from './watch.ts';

/** The identity of a database, as every session on it can read it, even with a role of few privileges. */
export interface Reached extends Omit<DatabaseIdentity, 'name'> {
  readonly database: string;
  /**
   * The start time of the server, in microseconds since 1970. It distinguishes a server from one on a copy of its
   * storage, and from all others if the role may not read the system identifier. Null when the role may not read it.
   */
  readonly started: string | null;
}

/** The target revisions of alembic for one version table, before it runs the first one. */
export interface Plan {
  readonly plan: readonly string[];
  readonly table: string;
  /** Null if the search_path of alembic's session decides. */
  readonly schema: string | null;
  /** The number of revisions to run. */
  readonly steps: number;
}

/** Revisions that have no successor. */
export interface Heads {
  readonly heads: readonly string[];
  /** The heads that the version table holds at the end: it leaves out a head that another revision depends on. */
  readonly ends: readonly string[];
}

/** Reads the heads from the output of `alembic heads`, for an alembic that is no Python script. Skips other lines. */
export function headsOf(stdout: string): Heads {
  const heads = stdout.split('\n').flatMap((line) => {
    const [, id, words] = line.match(/^(\S+)((?: \([^()]+\))+)\s*$/) ?? [];
    return id !== undefined && / \((?:effective )?head\)/.test(words!) ? [id] : [];
  });
  return { heads, ends: heads };
}

/** Why bound_alembic.py ended alembic: what a connection reached, or why it could not find that out. */
export type Refusal =
  { readonly found: Reached } | { readonly unknown: string } | { readonly unreachable: string };

interface Report extends Partial<Plan>, Partial<Heads> {
  /** The number of connections that reached the right database so far. */
  readonly bound?: number;
  /** The backend's process ID of a connection that reached the right database, reported at once. */
  readonly session?: number;
  readonly refused?: Refusal;
  readonly failed?: FailureReport;
  /** Python's text for an uncaught exception. */
  readonly traceback?: string;
  /** The file of a revision that alembic created. */
  readonly made?: string;
  readonly watched?: WatchReport;
}

/** A comment in the query, for people who read the server's log. */
const NOTE = '/* makesafe: which database is this? */';

const MAY = (name: string): string =>
  `pg_catalog.has_function_privilege('pg_catalog.${name}()', 'EXECUTE')::pg_catalog.text`;

/**
 * Our own session runs both queries, and bound_alembic.py runs them in each of alembic's sessions. They depend on no
 * setting of the session, such as search_path. They return only ASCII text, whatever the encodings. A query that names
 * a function which the role may not call fails, even if it never calls it: so the first query asks for the privileges.
 */
const PRIVILEGES = `${NOTE} SELECT ${MAY('pg_control_system')}, ${MAY('pg_postmaster_start_time')}`;

const question = (system: boolean, started: boolean): string => `${NOTE}
  SELECT d.oid::pg_catalog.text,
    ${system ? '(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())' : 'NULL'},
    ${started ? `(${STARTED})::pg_catalog.int8::pg_catalog.text` : 'NULL'},
    (SELECT ${hex('s.description')} FROM pg_catalog.pg_shdescription AS s
     WHERE s.objoid OPERATOR(pg_catalog.=) d.oid
       AND s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass),
    ${hex('d.datname::pg_catalog.text')}, pg_catalog.pg_backend_pid()::pg_catalog.text
  FROM pg_catalog.pg_database AS d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`;

const STARTED = `pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time()) OPERATOR(pg_catalog.*) 1000000`;

const hex = (text: string): string =>
  `pg_catalog.encode(pg_catalog.convert_to(${text}, pg_catalog.getdatabaseencoding()), 'hex')`;

const QUESTIONS = Object.fromEntries(
  [true, false].flatMap((system) =>
    [true, false].map((started) => [`${system} ${started}`, question(system, started)]),
  ),
);

/** Reads the identity of the database that the client is connected to, to compare alembic's connections with it. */
export async function readReached(client: Client): Promise<Reached> {
  const ask = async (text: string): Promise<(string | null)[]> =>
    (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows[0]!;
  const [oid, systemIdentifier, started, comment, name] = await ask(
    QUESTIONS[(await ask(PRIVILEGES)).join(' ')]!,
  );
  const decoded = (text: string | null | undefined): string => Buffer.from(text ?? '', 'hex').toString();
  return {
    ...{ database: decoded(name), oid: oid!, systemIdentifier: systemIdentifier!, started: started! },
    marker: markerOf(decoded(comment)) ?? null,
  };
}

const sources = new Map<string, string>();

/** The text of a file beside this one, read once. */
function sourceOf(file: string): string {
  if (!sources.has(file)) sources.set(file, readFileSync(new URL(file, import.meta.url), 'utf8'));
  return sources.get(file)!;
}

/** Binds one run of alembic to a database: makes the program to run, and reads what it reports. */
export class Binding {
  /** Prefix of the program's own lines. It is random, so no line of alembic can look like one. */
  readonly #word = `makesafe-${randomBytes(12).toString('hex')} `;
  readonly #expected: Reached | null;
  readonly #watch: WatchOptions | undefined;
  readonly #reports: Report[] = [];
  /** The process IDs of alembic's backends so far. Filled by `own`, as the lines come. */
  readonly sessions: number[] = [];

  /**
   * @param expected the only database that alembic may reach; null if it may reach none
   * @param watch reports each statement of the migrations
   */
  constructor(expected: Reached | null, watch?: WatchOptions) {
    this.#expected = expected;
    this.#watch = watch;
  }

  /**
   * The program for alembic's Python, on its standard input; it runs instead of alembic's script.
   *
   * @param script path of alembic's script, on the machine that runs it; undefined: the program runs the module
   */
  program(script: string | undefined): string {
    const given = JSON.stringify({
      ...{ expected: this.#expected, privileges: PRIVILEGES, questions: QUESTIONS },
      ...{ word: this.#word, script: script ?? null, watch: this.#watch ?? null },
    });
    // A JSON string of these characters only is also a Python string.
    const quoted = JSON.stringify(given).replaceAll(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const source = ['./bound_alembic.py', ...(this.#watch ? ['./watched_alembic.py'] : [])].map(sourceOf);
    return `${source.join('\n\n')}\n\nmain(json.loads(${quoted}))\n`;
  }

  /**
   * The part of a line that alembic itself printed; undefined if none. Collects `sessions`.
   *
   * @param traceback whether to show tracebacks as well
   */
  own(line: string, traceback = true): string | undefined {
    const at = line.indexOf(this.#word);
    if (at < 0) return line;
    const report = line.slice(at + this.#word.length);
    const [, session] = /^\{"session": (\d+)\}/.exec(report) ?? [];
    if (session !== undefined) this.sessions.push(Number(session));
    const before = line.slice(0, at) || undefined;
    if (!traceback || !report.startsWith('{"traceback": ')) return before;
    return `${before ?? ''}${(JSON.parse(report) as Report).traceback!.trimEnd()}`;
  }

  /** Collects the program's reports, and removes them from the output. */
  read({ status, stdout, stderr }: Result): Result {
    const own = stderr.replaceAll(new RegExp(`${this.#word}(.*)\n`, 'g'), (_all, report: string) => {
      const parsed = JSON.parse(report) as Report;
      this.#reports.push(parsed);
      return parsed.traceback ?? '';
    });
    return { status, stdout, stderr: own };
  }

  /** Why alembic stopped; undefined if it did not, or if it did not report why. */
  get failure(): FailureReport | undefined {
    return this.#reports.findLast(({ failed }) => failed)?.failed;
  }

  get refusal(): Refusal | undefined {
    return this.#reports.find(({ refused }) => refused)?.refused;
  }

  /** What the migrations did; undefined if nobody watched. */
  get watched(): Watched | undefined {
    return this.#watch && watchedOf(this.#reports.flatMap(({ watched }) => watched ?? []));
  }

  /** How many connections reached the right database. */
  get bound(): number {
    return this.#reports.findLast(({ bound }) => bound !== undefined)?.bound ?? 0;
  }

  /** The file of the new revision: its path on the machine or in the container that runs alembic. */
  get made(): string | undefined {
    return this.#reports.findLast(({ made }) => made !== undefined)?.made;
  }

  get heads(): Heads | undefined {
    const found = this.#reports.findLast(({ heads }) => heads);
    return found && { heads: found.heads!, ends: found.ends! };
  }

  /** The last plan for each version table: earlier attempts do not count. */
  get plans(): readonly Plan[] {
    const plans = new Map<string, Plan>();
    for (const { plan, table, schema = null, steps = 0 } of this.#reports) {
      if (!plan || table === undefined) continue;
      const key = JSON.stringify([schema, table]);
      // If env.py migrates twice, the second time has nothing left to do: keep the larger number.
      plans.set(key, { plan, table, schema, steps: Math.max(steps, plans.get(key)?.steps ?? 0) });
    }
    return [...plans.values()];
  }
}
