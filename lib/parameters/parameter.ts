export type Origin = 'command line' | 'environment' | 'default';

/** One parameter of a task. Parsing and help both use this declaration. */
export interface Parameter<T = unknown> {
  readonly summary: string;
  /** The value in help: `<file>`. */
  readonly placeholder: string;
  /** The text that is parsed if no value is given. Help shows `defaultNote` instead, if there is one. */
  readonly default?: string;
  readonly defaultNote?: string;
  readonly required?: boolean;
  /** True if a value exported in the shell does not count. */
  readonly commandLineOnly?: boolean;
  /** True if the name alone (`--raw`) means 1. */
  readonly flag?: boolean;
  /** True if a word without a name is its value: `npx makesafe help up`. */
  readonly bare?: true;
  /** Turns the text into the value. Throws an Error whose message completes "NAME=text …". */
  readonly parse: (text: string) => T;
}

export type Parameters = Readonly<Record<string, Parameter>>;
/** Parameters that give these values. A task with other parameters does not compile. */
export type Giving<V> = { readonly [K in keyof V]: Parameter<V[K]> };

export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};
