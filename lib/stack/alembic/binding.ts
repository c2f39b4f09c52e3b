import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import type { DatabaseIdentity } from '../identity.ts';
import { markerOf } from '../postgres/marker.ts';
import type { Result } from '../../system/process.ts';
import type { FailureReport } from './failure-report.ts';

/** A database as any session on it can tell it, also that of a role that may read little. */
export interface Reached extends Omit<DatabaseIdentity, 'name'> {
  readonly database: string;
  /**
   * When the server was started, in microseconds. It tells a server from one that runs on a copy of its storage, and
   * from all others where a role may not read the system identifier. Null when the role may not read it.
   */
  readonly started: string | null;
}

/** To which revisions alembic was about to lead a version table. */
export interface Plan {
  readonly plan: readonly string[];
  readonly table: string;
  /** Null where the search_path of alembic's session says it. */
  readonly schema: string | null;
  /** How many revisions it was about to run. */
  readonly steps: number;
}

/** Revisions that no other one follows. */
export interface Heads {
  readonly heads: readonly string[];
  /** Those of them that a version table holds in the end: one that another one depends on is not written down. */
  readonly ends: readonly string[];
}

/** The same from what `alembic heads` prints, where alembic is no script of Python. Others print as well. */
export function headsOf(stdout: string): Heads {
  const heads = stdout.split('\n').flatMap((line) => {
    const [, id, words] = line.match(/^(\S+)((?: \([^()]+\))+)\s*$/) ?? [];
    return id !== undefined && / \((?:effective )?head\)/.test(words!) ? [id] : [];
  });
  return { heads, ends: heads };
}

/** Why the program ended alembic: what a connection reached, or why that could not be found out. */
export type Refusal =
  { readonly found: Reached } | { readonly unknown: string } | { readonly unreachable: string };

interface Report extends Partial<Plan>, Partial<Heads> {
  /** Connections that reached the right database. */
  readonly bound?: number;
  /** The server's process of a connection that reached the right database, said when it has. */
  readonly session?: number;
  readonly refused?: Refusal;
  readonly failed?: FailureReport;
  /** What Python prints of an exception that nobody caught. */
  readonly traceback?: string;
  /** The file of a revision that was made. */
  readonly made?: string;
}

/** For whoever reads a server's log. */
const NOTE = '/* makesafe: which database is this? */';

const MAY = (name: string): string =>
  `pg_catalog.has_function_privilege('pg_catalog.${name}()', 'EXECUTE')::pg_catalog.text`;

/**
 * Both are asked in our own session, and by bound_alembic.py in each of alembic's. Nothing in them depends on the
 * search_path or another setting of the session, and all that they answer is text of ASCII characters, whatever the
 * encodings. A function that a role may not call fails where it is only mentioned: so the first one asks for that.
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

/** The database that the client is connected to, in the form in which alembic's connections are compared with it. */
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

let source: string | undefined;

/** The way in which one run of alembic is bound to a database: the program to run, and what it reported. */
export class Binding {
  /** In front of the program's own lines. Nothing that alembic prints can look like one. */
  readonly #word = `makesafe-${randomBytes(12).toString('hex')} `;
  readonly #expected: Reached | null;
  readonly #reports: Report[] = [];
  /** The server's processes that alembic has connected to so far, where its lines are shown as they come. */
  readonly sessions: number[] = [];

  /** @param expected the only database that alembic may reach; null where it may reach none */
  constructor(expected: Reached | null) {
    this.#expected = expected;
  }

  /**
   * What alembic's Python is given on its standard input, in the place of the script.
   *
   * @param script alembic's own, as its place sees it; the module when there is none
   */
  program(script: string | undefined): string {
    source ??= readFileSync(new URL('./bound_alembic.py', import.meta.url), 'utf8');
    const given = JSON.stringify({
      ...{ expected: this.#expected, privileges: PRIVILEGES, questions: QUESTIONS },
      ...{ word: this.#word, script: script ?? null },
    });
    // A string of JSON is one of Python as well, as long as it has no other characters than these.
    const quoted = JSON.stringify(given).replaceAll(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    return `${source}\n\nmain(json.loads(${quoted}))\n`;
  }

  /**
   * What alembic itself printed in a line; undefined when nothing.
   *
   * @param traceback whether that is shown as well
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

  /** Takes the reports out of what was printed. */
  read({ status, stdout, stderr }: Result): Result {
    const own = stderr.replaceAll(new RegExp(`${this.#word}(.*)\n`, 'g'), (_all, report: string) => {
      const parsed = JSON.parse(report) as Report;
      this.#reports.push(parsed);
      return parsed.traceback ?? '';
    });
    return { status, stdout, stderr: own };
  }

  /** Why alembic stopped; undefined where it did not, or ended by itself. */
  get failure(): FailureReport | undefined {
    return this.#reports.findLast(({ failed }) => failed)?.failed;
  }

  get refusal(): Refusal | undefined {
    return this.#reports.find(({ refused }) => refused)?.refused;
  }

  /** How many connections had reached the right database. */
  get bound(): number {
    return this.#reports.findLast(({ bound }) => bound !== undefined)?.bound ?? 0;
  }

  /** The file that a revision was written to, as alembic's place sees it. */
  get made(): string | undefined {
    return this.#reports.findLast(({ made }) => made !== undefined)?.made;
  }

  get heads(): Heads | undefined {
    const found = this.#reports.findLast(({ heads }) => heads);
    return found && { heads: found.heads!, ends: found.ends! };
  }

  /** The last one of each version table: what was tried before is of no account. */
  get plans(): readonly Plan[] {
    const plans = new Map<string, Plan>();
    for (const { plan, table, schema = null, steps = 0 } of this.#reports) {
      if (!plan || table === undefined) continue;
      const key = JSON.stringify([schema, table]);
      // An env.py that goes there twice has nothing left to do the second time.
      plans.set(key, { plan, table, schema, steps: Math.max(steps, plans.get(key)?.steps ?? 0) });
    }
    return [...plans.values()];
  }
}
