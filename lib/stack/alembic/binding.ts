import { randomBytes } from 'node:crypto';
import { MARK_MIGRATING } from '../postgres/advisory-keys.ts';
import type { Result } from '../../system/process.ts';
import type { Credentials } from '../postgres/session.ts';
import type { FailureReport } from './failure-report.ts';
import type { Heads } from './heads.ts';
import { eachOnce, type Pending } from './pending.ts';
import { programOf } from './program.ts';
import type { Plan, Report } from './report.ts';
import { PRIVILEGES, QUESTIONS, type Reached } from './reached.ts';
import type { Refusal } from './refusal.ts';
import { hashesOf, type Difference, type Rehearsal } from './rehearsal.ts';
import { sourcesOf, type Sources, type TraceOptions } from './sources.ts';
import { walkFor, walkOf, type Walk, type WalkOptions } from './walk.ts';
import { watchedOf, type Watched, type WatchOptions } from './watch.ts';

/** Where each connection of alembic goes instead of where env.py says. */
export interface Redirection {
  readonly database: string;
  /** Undefined: the server, role and password are those that env.py uses. */
  readonly server?: OtherServer | undefined;
  /** The name of the database that it is a copy of: in the hashes of statements it stands in the place of its own. */
  readonly copyOf?: string | undefined;
}

/** The same with its server. */
export type LedElsewhere = Redirection & { readonly server: OtherServer };

/** A server that is reached over TCP without TLS. */
export interface OtherServer extends Credentials {
  readonly host: string;
  readonly port: number;
}

interface BindingOptions {
  /** Alembic changes the database: each of its sessions holds the lock of `MIGRATING`. */
  readonly migrates?: boolean;
  /** Only reports which revisions would run. */
  readonly look?: boolean;
  /** The only revisions that may run; undefined: any. */
  readonly shown?: readonly string[] | undefined;
  /** Leads alembic's connections to this database; undefined: they go where env.py says. */
  readonly instead?: Redirection | undefined;
  /** Reports which files were read. */
  readonly trace?: TraceOptions | undefined;
  /** Goes up, down and up again with each revision of `upgrade heads`. */
  readonly walk?: WalkOptions | undefined;
  /** Reports each statement of the migrations. */
  readonly watch?: WatchOptions | undefined;
  /** Holds the migrations to their rehearsal. */
  readonly rehearsed?: Rehearsal | undefined;
}

/** Binds one run of alembic to a database: makes the program to run, and reads what it reports. */
export class Binding {
  /** Prefix of the program's own lines. It is random, so no line of alembic can look like one. */
  readonly #word = `makesafe-${randomBytes(12).toString('hex')} `;
  readonly #expected: Reached | null;
  readonly #options: BindingOptions;
  readonly #reports: Report[] = [];
  /** The process IDs of alembic's backends so far. Filled by `own`, as the lines come. */
  readonly sessions: number[] = [];
  /** The names of the version tables so far, in the same way. */
  readonly versionTables: string[] = [];
  /** Called in the same way with the revisions that are about to run. */
  onPending: ((pending: readonly Pending[]) => void) | undefined;

  /** @param expected the only database that alembic may reach; null if it may reach none */
  constructor(expected: Reached | null, options: BindingOptions = {}) {
    this.#expected = expected;
    this.#options = options;
  }

  /**
   * The program for alembic's Python, on its standard input; it runs instead of alembic's script.
   *
   * @param script path of alembic's script, on the machine that runs it; undefined: the program runs the module
   */
  program(script: string | undefined): string {
    const { instead, trace, walk, watch, rehearsed } = this.#options;
    const { migrates = false, look = false, shown = null } = this.#options;
    const parts = [
      'bound',
      ...(trace ? ['traced'] : []),
      ...(walk ? ['walked'] : []),
      ...(walk?.rows ? ['rows'] : []),
      ...(watch || rehearsed ? ['watched'] : []),
      ...(rehearsed ? ['rehearsed'] : []),
    ];
    return programOf(parts, {
      ...{ expected: this.#expected, privileges: PRIVILEGES, questions: QUESTIONS },
      ...{ mark: migrates ? MARK_MIGRATING : null, look, shown },
      instead: instead
        ? { database: instead.database, server: instead.server ?? null, copyOf: instead.copyOf ?? null }
        : null,
      ...{ word: this.#word, script: script ?? null },
      trace: trace ? { also: trace.also ?? null } : null,
      ...{
        walk: walk ? walkFor(walk) : null,
        watch: watch ?? null,
        rehearsed: rehearsed ? hashesOf(rehearsed) : null,
      },
    });
  }

  /**
   * The part of a line that alembic itself printed; undefined if none. Collects `sessions` and `versionTables`.
   *
   * @param traceback whether to show tracebacks as well
   */
  own(line: string, traceback = true): string | undefined {
    const at = line.indexOf(this.#word);
    if (at < 0) return line;
    const report = line.slice(at + this.#word.length);
    if (/^\{"(session|plan)": /.test(report)) {
      const { session, table, pending } = JSON.parse(report) as Report;
      if (session !== undefined) this.sessions.push(session);
      if (table !== undefined) this.versionTables.push(table);
      if (pending !== undefined) this.onPending?.(pending);
    }
    if (report.startsWith('{"walking": '))
      this.#options.walk?.onStep?.((JSON.parse(report) as Report).walking!);
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

  /** How far the walk came, and what it found; undefined if there was none. */
  get walk(): Walk | undefined {
    return this.#options.walk && walkOf(this.#reports);
  }

  get refusal(): Refusal | undefined {
    return this.#reports.find(({ refused }) => refused)?.refused;
  }

  /** What the migrations did; undefined if nobody watched. */
  get watched(): Watched | undefined {
    return this.#options.watch && watchedOf(this.#reports.flatMap(({ watched }) => watched ?? []));
  }

  /** The first statement that is not the rehearsed one; undefined if there was none, or if nobody compared. */
  get difference(): Difference | undefined {
    return this.#reports.find(({ differs }) => differs)?.differs;
  }

  /** Who writes the statements here, if it is somebody else than in the rehearsal: then they are not compared. */
  get uncompared(): string | undefined {
    return this.#reports.find(({ uncompared }) => uncompared !== undefined)?.uncompared;
  }

  /** How many connections reached the right database. */
  get bound(): number {
    return this.#reports.findLast(({ bound }) => bound !== undefined)?.bound ?? 0;
  }

  /** The file of the new revision: its path on the machine or in the container that runs alembic. */
  get made(): string | undefined {
    return this.#reports.findLast(({ made }) => made !== undefined)?.made;
  }

  /** The files of the project that alembic has read; undefined if nobody asked, or if it did not end by itself. */
  get files(): readonly string[] | undefined {
    return this.#reports.find(({ read }) => read)?.read;
  }

  /** What it was made of; undefined if nobody asked for contents, or if it did not end by itself. */
  get sources(): Sources | undefined {
    const found = this.#reports.find(({ contents }) => contents);
    return found && sourcesOf(found as Sources);
  }

  /** The revisions that alembic would run, in its order, of all version tables. */
  get pending(): readonly Pending[] {
    return eachOnce(this.#reports.flatMap(({ pending = [] }) => pending));
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
