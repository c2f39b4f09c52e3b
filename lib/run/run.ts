import type { Actor } from '../output/actor.ts';
import type { DatabaseIdentity } from '../stack/identity.ts';
import type { CanonicalName } from '../environment/canonicalise.ts';
import type { Committed } from '../environment/committed.ts';
import type { Registry } from '../environment/entry.ts';
import type { Environment } from '../environment/resolve.ts';
import type { MakeInvocation } from '../system/make.ts';
import type { Parameters, Values } from '../parameters/parameter.ts';
import type { Pending } from '../stack/alembic/pending.ts';
import type { Rehearsal } from '../stack/alembic/rehearsal.ts';
import type { Plan } from '../stack/plan.ts';
import type { Stack, Target } from '../stack/stack.ts';
import type { Terminal } from '../output/terminal.ts';

/** What every task gets. */
export interface Run<P extends Parameters = Parameters> {
  readonly task: Task;
  /** The project's folder. */
  readonly root: string;
  readonly values: Values<P>;
  readonly terminal: Terminal;
  readonly actor: Actor;
  readonly signal: AbortSignal;
  readonly make: MakeInvocation | undefined;
  readonly registry: Registry;
  /** What the checked-out commit says of the environments, as it was when the registry was read. */
  readonly committed: Committed;
  /** The command for another task, in the same form as the person's own command. */
  readonly command: (task: string, parameters?: Readonly<Record<string, string>>) => string;
}

/** What a task gets that only needs the environment's name. */
export interface NamedRun<P extends Parameters = Parameters> extends Run<P> {
  readonly name: CanonicalName;
}

/** What a task with ENV gets. */
export interface StackRun<P extends Parameters = Parameters> extends Run<P> {
  readonly environment: Environment;
  readonly stack: Stack;
}

/** What a destructive task gets after the confirmation, and a task that migrates on a protected environment. */
export interface DestructiveRun<P extends Parameters = Parameters> extends StackRun<P> {
  /** The stack that the guard showed. */
  readonly target: Target;
  /** The database that the guard showed; undefined if its server could not be read. */
  readonly identity: DatabaseIdentity | undefined;
  /** Writes to the journal what was left out or changed. Undefined before the confirmation. */
  readonly note?: (text: string) => void;
  /** Everything that the guard showed as removed; empty for a task that does not touch containers and storage. */
  readonly plan: Plan;
  /** The revisions that the guard showed, of a task that migrates. */
  readonly pending?: readonly Pending[] | undefined;
  /** What the guard showed of what they will do. */
  readonly foreseen?: Foreseen | undefined;
}

/** What is known of a migration before it runs. */
export interface Foreseen {
  /** For the screen. */
  readonly lines: readonly string[];
  /** In front of them, on the screen; `hazards` by default. */
  readonly label?: string;
  /** What it is held to, statement by statement; undefined if it was not rehearsed. */
  readonly rehearsal?: Rehearsal | undefined;
  /** What `db-undo-env` will bring back, for the screen, where only the task knows. */
  readonly undo?: { readonly kept: boolean; readonly words: string };
  /** Looks at the schema that it has made. @throws FailedError if it is not the rehearsed one */
  readonly verify?: ((run: StackRun) => Promise<void>) | undefined;
}

interface Declaration<P extends Parameters> {
  readonly group: Group;
  /** One line for `make help`. */
  readonly summary: string;
  readonly parameters?: P;
  /**
   * Makes it an error to name the task after another goal of make, where it may be meant as an argument. For tasks that
   * stop or change what other people may be using.
   */
  readonly firstGoalOnly?: true;
  /** Complete commands that a person could type. */
  readonly examples: readonly string[];
}

export type Group = 'stack' | 'database' | 'schema' | 'migrations' | 'project';

/** What a task file defines. The task's name is the file's name. */
export type Definition<P extends Parameters = Parameters> =
  /** Takes no ENV. */
  | (Declaration<P> & {
      readonly environment: 'none';
      readonly destructive?: undefined;
      readonly run: (run: Run<P>) => Promise<void>;
    })
  /** Takes ENV; without it, the registry's default. */
  | (Declaration<P> & {
      readonly environment: 'any';
      readonly destructive?: undefined;
      /** If it migrates: then it passes the guard on a protected environment, but needs no confirmation. */
      readonly migrates?: Migrates<P>;
      readonly run: (run: StackRun<P> & Partial<DestructiveRun<P>>) => Promise<void>;
    })
  /** Takes ENV and opens nothing: shows what is recorded about an environment, even if its files are invalid. */
  | (Declaration<P> & {
      readonly environment: 'name only';
      readonly destructive?: undefined;
      readonly run: (run: NamedRun<P>) => Promise<void>;
    })
  /** The short form for daily work: only on the default environment. For others, the message names `longForm`. */
  | (Declaration<P> & {
      readonly environment: 'default only';
      readonly longForm?: string;
      readonly destructive?: undefined;
      readonly run: (run: StackRun<P>) => Promise<void>;
    })
  /** Destroys data: needs the guard's confirmation and a typed ENV, and ignores exported variables of the shell. */
  | (Declaration<P> & {
      readonly environment: 'typed';
      readonly destructive: Destructive<P>;
      readonly run: (run: DestructiveRun<P>) => Promise<void>;
    });

export interface Destructive<P extends Parameters = Parameters> {
  /** Name for the confirmation screen: `DB reset`. */
  readonly what: string;
  /** What it does to the database, for the confirmation screen. */
  readonly effect: 'destroy' | 'change';
  /** Whether it removes the stack and its storage, not only a database. Then the run has a plan. */
  readonly removesStorage?: (values: Values<Parameters>) => boolean;
  /** Whether it exchanges the database for another one, and so the old one can be kept; `always`: it is, whatever the registry says. */
  readonly exchanges?: (values: Values<Parameters>) => boolean | 'always';
  /** Whether a person asks for a verified backup first; where it is protected, there is always one. */
  readonly backupFirst?: (values: Values<Parameters>) => boolean;
  /** Whether it takes down the wall: one that stands is in the way of all others where nothing is protected. */
  readonly endsWall?: true;
  /** When the guard waits so that the person can press Ctrl-C. */
  readonly countdown: 'always' | 'when protected';
  /** Runs before the countdown, and refuses what would fail or do less than it says. */
  readonly preflight?: (run: DestructiveRun<P>) => Promise<void>;
  /** What it will do, for the screen. Refuses what nobody has allowed. Changes nothing. */
  readonly foresee?: (run: DestructiveRun<P>) => Promise<Foreseen>;
}

interface Migrates<P extends Parameters = Parameters> {
  /** Name for the screen: `Upgrade`. */
  readonly what: string;
  /** The revisions that it would run. Changes nothing. */
  readonly pending: (run: StackRun<P>) => Promise<readonly Pending[]>;
  /** What they will do. Refuses what nobody has allowed. Changes nothing. */
  readonly foresee?: (run: DestructiveRun<P>) => Promise<Foreseen>;
}

export interface Task {
  readonly name: string;
  readonly definition: Definition;
  /** All parameters: the task's own, ENV, and those that a destructive task adds. */
  readonly parameters: Parameters;
}
