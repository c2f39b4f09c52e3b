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
 * All output. What a person reads goes to standard error, what a program reads to standard output, and nothing
 * leaves without passing the redactor.
 */
export class Terminal {
  readonly redactor = new Redactor();
  /** True when a person watches: progress may rewrite its line. */
  readonly interactive: boolean;
  /** True when a person watches the result. */
  readonly showsResult: boolean;
  /** How lines that say `make …` are to be typed here. */
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
    // https://no-color.org: present and not empty.
    this.#annotates = env['GITHUB_ACTIONS'] === 'true';
    this.showsResult = out.isTTY === true;
    this.#noColour = Boolean(env['NO_COLOR']);
  }

  info = (text: string): void => this.line(`${this.style('cyan', '[info]')} ${text}`);
  ok = (text: string): void => this.line(`${this.style('green', '[ok]')} ${text}`);
  /** Once: what is looked at again is no other doubt. One that is kept may never be shown, and does not count. */
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
  /** Not broken: it is to be copied. */
  next = (text: string): void =>
    this.#write(this.#err, this.#told(`${this.style('magenta', '[next]')} ${text}`));

  /** An error that says so itself. */
  banner(text: string): void {
    this.line(text);
    this.#annotate('error', text.replaceAll('❌', '').trim());
  }

  /** A line for the person. */
  line(text: string): void {
    this.#write(this.#err, this.#told(text), this.interactive ? this.#err.columns : undefined);
  }

  /** A line for a program: the result itself. */
  result(text: string): void {
    this.#write(this.#out, this.#clean(text));
  }

  /** A result that a person reads where it is shown on a terminal: broken to its width. */
  screen(text: string): void {
    this.#write(this.#out, this.#told(text), this.showsResult ? this.#out.columns : undefined);
  }

  #write(sink: Sink, text: string, columns?: number): void {
    const line = columns ? text.replaceAll(/.+/g, (one) => wrap(one, columns)) : text;
    if (this.#folded) return void this.#folded.push(line);
    this.clear();
    sink.write(line + '\n');
  }

  /** True while lines are kept instead of shown. */
  get folded(): boolean {
    return this.#folded !== undefined;
  }

  /** Keeps all lines from here on, for work whose output is of interest only when it fails. */
  fold(): void {
    this.#folded = [];
  }

  /** Shows lines again, and gives back those that were kept. */
  unfold(): readonly string[] {
    const kept = this.#folded ?? [];
    this.#folded = undefined;
    return kept;
  }

  /** A line that the next one replaces. Elsewhere than on a terminal it is an ordinary line. */
  progress(text: string): void {
    if (this.#folded) return;
    if (!this.interactive) return this.line(`${this.style('cyan', '[info]')} ${text}`);
    this.live(text);
  }

  /** A progress line that is shown even while lines are kept; nothing elsewhere than on a terminal. */
  live(text: string): void {
    if (!this.interactive) return;
    this.#err.write(`\r\x1b[K${shorten(this.redactor.redact(text), this.#err.columns)}`);
    this.#transient = true;
  }

  style(style: Style, text: string): string {
    return this.interactive && !this.#noColour ? styleText(style, text, { validateStream: false }) : text;
  }

  /** The same for what goes to standard output and is for people as well: never in a file or a pipe. */
  styleResult = (style: Style, text: string): string =>
    this.showsResult && !this.#noColour ? styleText(style, text, { validateStream: false }) : text;

  /** For a person, who types makesafe as it is found from here. */
  #told(text: string): string {
    const cleaned = this.#clean(text);
    return cleaned.includes('npx makesafe') ? cleaned.replaceAll('npx makesafe', caller()) : cleaned;
  }

  #clean(text: string): string {
    const redacted = this.redactor.redact(text);
    return this.spell?.(redacted) ?? redacted;
  }

  /** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
  #annotate(level: 'error' | 'warning', text: string): void {
    if (!this.#annotates || this.#folded) return;
    // Escaped, a secret would not be recognised any more.
    const escaped = this.#clean(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
    this.#err.write(`::${level}::${escaped}\n`);
  }

  /** Takes the progress line away, for output that does not come through here. */
  clear(): void {
    if (this.#transient) this.#err.write('\r\x1b[K');
    this.#transient = false;
  }
}
