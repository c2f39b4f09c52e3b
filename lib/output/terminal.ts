import { styleText } from 'node:util';
import { shorten, wrap } from './wrap.ts';
import { Redactor } from './redact.ts';
import { caller } from './caller.ts';

type Style = Parameters<typeof styleText>[0];

interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/**
 * All output of makesafe: text for people to standard error, results for programs to standard output. Everything passes
 * the redactor.
 */
export class Terminal {
  readonly redactor = new Redactor();
  /** True if standard error is a terminal: progress may rewrite its line. */
  readonly interactive: boolean;
  /** True if standard output is a terminal. */
  readonly showsResult: boolean;
  /** Rewrites `make …` in messages to what a person has to type in this repository. */
  spell: ((text: string) => string) | undefined;
  readonly #noColour: boolean;
  readonly #annotates: boolean;
  readonly #out: Sink;
  readonly #err: Sink;
  readonly #warned = new Set<string>();
  #transient = false;
  #folded: string[] | undefined;

  constructor(out: Sink = process.stdout, err: Sink = process.stderr, env: NodeJS.ProcessEnv = process.env) {
    this.#out = out;
    this.#err = err;
    this.interactive = err.isTTY === true;
    this.#annotates = env['GITHUB_ACTIONS'] === 'true';
    this.showsResult = out.isTTY === true;
    // https://no-color.org: set and not empty.
    this.#noColour = Boolean(env['NO_COLOR']);
  }

  info = (text: string): void => this.line(`${this.style('cyan', '[info]')} ${text}`);
  ok = (text: string): void => this.line(`${this.style('green', '[ok]')} ${text}`);
  /** Shows each warning only once. While lines are folded it does not count as shown. */
  warn = (text: string): void => {
    if (this.#warned.has(text)) return;
    if (!this.#folded) this.#warned.add(text);
    this.line(`${this.style('yellow', '[warn]')} ${text}`);
    this.#annotate('warning', text);
  };
  error = (text: string): void => {
    this.line(`${this.style('red', '[error]')} ${text}`);
    this.#annotate('error', text);
  };
  /** Not wrapped to the terminal's width, so that it can be copied. */
  next = (text: string): void =>
    this.#write(this.#err, this.#told(`${this.style('magenta', '[next]')} ${text}`));

  /** An error whose text shows by itself that it is one. */
  banner(text: string): void {
    this.line(text);
    this.#annotate('error', text.replaceAll('❌', '').trim());
  }

  /** A line for a person. */
  line(text: string): void {
    this.#write(this.#err, this.#told(text), this.interactive ? this.#err.columns : undefined);
  }

  /** A line of the result, for a program. */
  result(text: string): void {
    this.#write(this.#out, this.#clean(text));
  }

  /** A result for people: wrapped if standard output is a terminal. */
  screen(text: string): void {
    this.#write(this.#out, this.#told(text), this.showsResult ? this.#out.columns : undefined);
  }

  #write(sink: Sink, text: string, columns?: number): void {
    const line = columns ? text.replaceAll(/.+/g, (one) => wrap(one, columns)) : text;
    if (this.#folded) return void this.#folded.push(line);
    this.clear();
    sink.write(line + '\n');
  }

  /** True while lines are kept back. */
  get folded(): boolean {
    return this.#folded !== undefined;
  }

  /** Keeps back all lines from now on, for work whose output matters only if it fails. */
  fold(): void {
    this.#folded = [];
  }

  /** Shows lines again from now on. Returns the lines that were kept back. */
  unfold(): readonly string[] {
    const kept = this.#folded ?? [];
    this.#folded = undefined;
    return kept;
  }

  /** A line that the next progress line replaces. Without a terminal, an ordinary line. */
  progress(text: string): void {
    if (this.#folded) return;
    if (!this.interactive) return this.line(`${this.style('cyan', '[info]')} ${text}`);
    this.live(text);
  }

  /** A progress line that is shown even while lines are folded. Shows nothing without a terminal. */
  live(text: string): void {
    if (!this.interactive) return;
    this.#err.write(`\r\x1b[K${shorten(this.redactor.redact(text), this.#err.columns)}`);
    this.#transient = true;
  }

  style(style: Style, text: string): string {
    return this.interactive && !this.#noColour ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Like `style`, for standard output: no colours in a file or a pipe. */
  styleResult = (style: Style, text: string): string =>
    this.showsResult && !this.#noColour ? styleText(style, text, { validateStream: false }) : text;

  /** Text for a person: `npx makesafe` becomes the command that works in the working directory. */
  #told(text: string): string {
    const cleaned = this.#clean(text);
    return cleaned.includes('npx makesafe') ? cleaned.replaceAll('npx makesafe', caller()) : cleaned;
  }

  #clean(text: string): string {
    const redacted = this.redactor.redact(text);
    return this.spell?.(redacted) ?? redacted;
  }

  /** In GitHub Actions: shows a text beside a line of a file. Elsewhere nothing. */
  annotate(level: 'error' | 'warning', text: string, file: string, line?: number): void {
    const at = { file, ...(line === undefined ? {} : { line: String(line) }) };
    const escaped = Object.entries(at).map(
      ([name, value]) => `${name}=${escape(value).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
    );
    this.#annotate(level, text, ` ${escaped.join(',')}`);
  }

  /** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
  #annotate(level: 'error' | 'warning', text: string, at = ''): void {
    if (!this.#annotates || this.#folded) return;
    // Redact first: the redactor would not find an escaped secret.
    this.clear();
    this.#err.write(`::${level}${at}::${escape(this.#clean(text))}\n`);
  }

  /** Removes the progress line before output that does not use this class. */
  clear(): void {
    if (this.#transient) this.#err.write('\r\x1b[K');
    this.#transient = false;
  }
}

const escape = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
