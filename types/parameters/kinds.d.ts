import type { Parameter } from './parameter.ts';
type Options = Partial<
  Pick<Parameter, 'default' | 'defaultNote' | 'placeholder' | 'commandLineOnly' | 'bare'>
>;
/** A text; undefined when neither given nor defaulted. */
export declare function text(
  summary: string,
  options: Options & {
    default: string;
  },
): Parameter<string>;
export declare function text(summary: string, options?: Options): Parameter<string | undefined>;
/** A text that must be given and not be empty. */
export declare const required: (summary: string, options?: Omit<Options, 'default'>) => Parameter<string>;
/** A folder. Empty (`BACKUP_DIR=$(UNSET)`) would be the one that the command is typed in, which nobody means. */
export declare const folder: (
  summary: string,
  options: Options & {
    default: string;
  },
) => Parameter<string>;
/** Exactly 1 (yes) or 0 (no, as when it is absent). Anything else is an error: FORCE=no must not mean yes. */
export declare function flag(summary: string): Parameter<boolean>;
export declare function flag(
  summary: string,
  options: {
    default: '1';
  },
): Parameter<boolean>;
export declare function flag(
  summary: string,
  options: Options & {
    defaultNote: string;
  },
): Parameter<boolean | undefined>;
/** One of the given words; undefined when neither given nor defaulted. */
export declare function choice<const W extends string>(
  summary: string,
  words: readonly W[],
  options: Options & {
    default: NoInfer<W>;
  },
): Parameter<W>;
export declare function choice<const W extends string>(
  summary: string,
  words: readonly W[],
  options?: Options,
): Parameter<W | undefined>;
/** A time such as `90s`, `30m`, `1h` or `2d`, in seconds. */
export declare function duration(
  summary: string,
  options: {
    default: string;
  },
): Parameter<number>;
interface Range {
  min?: number;
  max?: number;
}
/** A whole number in the given range; undefined when neither given nor defaulted. */
export declare function wholeNumber(
  summary: string,
  options: Options &
    Range & {
      default: string;
    },
): Parameter<number>;
export declare function wholeNumber(
  summary: string,
  options?: Options & Range,
): Parameter<number | undefined>;
export {};
