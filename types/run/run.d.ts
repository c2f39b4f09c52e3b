import type { Actor } from '../output/actor.ts';
import type { DatabaseIdentity } from '../stack/identity.ts';
import type { CanonicalName } from '../environment/canonicalise.ts';
import type { Registry } from '../environment/entry.ts';
import type { Environment } from '../environment/resolve.ts';
import type { MakeInvocation } from '../system/make.ts';
import type { Parameters, Values } from '../parameters/parameter.ts';
import type { Plan } from '../stack/plan.ts';
import type { Stack, Target } from '../stack/stack.ts';
import type { Terminal } from '../output/terminal.ts';
/** What a task is given. */
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
  /** The line to type for another task, in the way this one was called. */
  readonly command: (task: string, parameters?: Readonly<Record<string, string>>) => string;
}
/** What a task that only wants the name of an environment is given. */
export interface NamedRun<P extends Parameters = Parameters> extends Run<P> {
  readonly name: CanonicalName;
}
/** What a task with ENV is given. */
export interface StackRun<P extends Parameters = Parameters> extends Run<P> {
  readonly environment: Environment;
  readonly stack: Stack;
}
/** What a destructive task is given, once the guard has let it through. */
export interface DestructiveRun<P extends Parameters = Parameters> extends StackRun<P> {
  /** What the guard showed. */
  readonly target: Target;
  /** The database that the guard showed; undefined only while its server could not be read. */
  readonly identity: DatabaseIdentity | undefined;
  /** Puts on record what was left out or done otherwise. Undefined before the guard has let it through. */
  readonly note?: (text: string) => void;
  /** All that the guard showed as removed; nothing of a task that leaves containers and storage alone. */
  readonly plan: Plan;
}
interface Declaration<P extends Parameters> {
  readonly group: Group;
  /** One line for `make help`. */
  readonly summary: string;
  readonly parameters?: P;
  /** It stops what others may be using: behind another goal of make it is refused, for it may be meant as a word there. */
  readonly firstGoalOnly?: true;
  /** Complete lines that a person could type. */
  readonly examples: readonly string[];
}
export type Group = 'stack' | 'database' | 'schema' | 'migrations' | 'project';
/** What a task file states. The task's name is the file's. */
export type Definition<P extends Parameters = Parameters> =
  /** Takes no ENV. */
  | (Declaration<P> & {
      readonly environment: 'none';
      readonly destructive?: undefined;
      readonly run: (run: Run<P>) => Promise<void>;
    })
  /** Takes ENV; the registry's default when it is not given. */
  | (Declaration<P> & {
      readonly environment: 'any';
      readonly destructive?: undefined;
      readonly run: (run: StackRun<P>) => Promise<void>;
    })
  /** Takes ENV and opens nothing: for what is on record of an environment, also when it is broken. */
  | (Declaration<P> & {
      readonly environment: 'name only';
      readonly destructive?: undefined;
      readonly run: (run: NamedRun<P>) => Promise<void>;
    })
  /** The short form for daily work: takes the default environment only, and names `longForm` to others. */
  | (Declaration<P> & {
      readonly environment: 'default only';
      readonly longForm?: string;
      readonly destructive?: undefined;
      readonly run: (run: StackRun<P>) => Promise<void>;
    })
  /** Destroys data: runs only behind the guard, with an ENV that was typed, and takes nothing that the shell exports. */
  | (Declaration<P> & {
      readonly environment: 'typed';
      readonly destructive: Destructive<P>;
      readonly run: (run: DestructiveRun<P>) => Promise<void>;
    });
export interface Destructive<P extends Parameters = Parameters> {
  /** As the screen says it: `DB reset`. */
  readonly what: string;
  /** What it does to the database, for the screen. */
  readonly effect: 'destroy' | 'change';
  /** Whether it removes the stack and its storage, and not a database only. It has a plan then. */
  readonly removesStorage?: (values: Values<Parameters>) => boolean;
  /** When the person gets time to press Ctrl-C. */
  readonly countdown: 'always' | 'when protected';
  /** Refuses, before anyone waits, what would fail or do less than it says. */
  readonly preflight?: (run: DestructiveRun<P>) => Promise<void>;
}
export interface Task {
  readonly name: string;
  readonly definition: Definition;
  /** All that the task takes: its own parameters, ENV, and what being destructive adds. */
  readonly parameters: Parameters;
}
export {};
