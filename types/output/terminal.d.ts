import { styleText } from 'node:util';
import { Redactor } from './redact.ts';
type Style = Parameters<typeof styleText>[0];
interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}
/**
 * All output. What a person reads goes to standard error, what a program reads to standard output, and nothing
 * leaves without passing the redactor.
 */
export declare class Terminal {
  #private;
  readonly redactor: Redactor;
  /** True when a person watches: progress may rewrite its line. */
  readonly interactive: boolean;
  /** True when a person watches the result. */
  readonly showsResult: boolean;
  /** How lines that say `make …` are to be typed here. */
  spell: ((text: string) => string) | undefined;
  constructor(out?: Sink, err?: Sink, env?: NodeJS.ProcessEnv);
  info: (text: string) => void;
  ok: (text: string) => void;
  /** Once: what is looked at again is no other doubt. One that is kept may never be shown, and does not count. */
  warn: (text: string) => void;
  error: (text: string) => void;
  /** Not broken: it is to be copied. */
  next: (text: string) => void;
  /** An error that says so itself. */
  banner(text: string): void;
  /** A line for the person. */
  line(text: string): void;
  /** A line for a program: the result itself. */
  result(text: string): void;
  /** A result that a person reads where it is shown on a terminal: broken to its width. */
  screen(text: string): void;
  /** True while lines are kept instead of shown. */
  get folded(): boolean;
  /** Keeps all lines from here on, for work whose output is of interest only when it fails. */
  fold(): void;
  /** Shows lines again, and gives back those that were kept. */
  unfold(): readonly string[];
  /** A line that the next one replaces. Elsewhere than on a terminal it is an ordinary line. */
  progress(text: string): void;
  /** A progress line that is shown even while lines are kept; nothing elsewhere than on a terminal. */
  live(text: string): void;
  style(style: Style, text: string): string;
  /** The same for what goes to standard output and is for people as well: never in a file or a pipe. */
  styleResult: (style: Style, text: string) => string;
  /** Takes the progress line away, for output that does not come through here. */
  clear(): void;
}
export {};
