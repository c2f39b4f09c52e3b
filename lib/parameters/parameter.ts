export type Origin = 'command line' | 'environment' | 'default';

/** One parameter of a task, as its declaration states it. Help is rendered from the same rows. */
export interface Parameter<T = unknown> {
  readonly summary: string;
  /** What stands for the value in help: `<file>`. */
  readonly placeholder: string;
  /** Taken when nothing was given. For a computed one, help shows `defaultNote` instead. */
  readonly default?: string;
  readonly defaultNote?: string;
  readonly required?: boolean;
  /** True when a value exported in the shell does not count. */
  readonly commandLineOnly?: boolean;
  /** True when the name alone (`--raw`) means 1. */
  readonly flag?: boolean;
  /** True when a word without a name is its value: `npx makesafe help up`. */
  readonly bare?: true;
  /** Turns the text into the value; throws an Error whose message completes "NAME=text: …". */
  readonly parse: (text: string) => T;
}

export type Parameters = Readonly<Record<string, Parameter>>;
/** Parameters by the values that they give: what work wants of the task that calls it, or that does not compile. */
export type Giving<V> = { readonly [K in keyof V]: Parameter<V[K]> };

export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};
