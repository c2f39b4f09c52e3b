import { styleText } from 'node:util';
import { Redactor } from './redact.ts';

type Style = Parameters<typeof styleText>[0];

interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
}

/**
 * All output. What a person reads goes to standard error, what a program reads to standard output, and nothing
 * leaves without passing the redactor.
 */
export class Terminal {
  readonly redactor = new Redactor();
  /** True when a person watches: progress may rewrite its line. */
  readonly interactive: boolean;
  /** How lines that say `make …` are to be typed here. */
  spell: ((text: string) => string) | undefined;
  readonly #colour: boolean;
  readonly #annotates: boolean;
  readonly #out: Sink;
  readonly #err: Sink;
  #transient = false;

  constructor(out: Sink = process.stdout, err: Sink = process.stderr, env: NodeJS.ProcessEnv = process.env) {
    this.#out = out;
    this.#err = err;
    this.interactive = err.isTTY === true;
    // https://no-color.org: present and not empty.
    this.#annotates = env['GITHUB_ACTIONS'] === 'true';
    this.#colour = this.interactive && !env['NO_COLOR'];
  }

  info = (text: string): void => this.line(`${this.style('cyan', '[info]')} ${text}`);
  ok = (text: string): void => this.line(`${this.style('green', '[ok]')} ${text}`);
  warn = (text: string): void => {
    this.line(`${this.style('yellow', '[warn]')} ${text}`);
    this.#annotate('warning', text);
  };
  error = (text: string): void => {
    this.line(`${this.style('red', '[error]')} ${text}`);
    this.#annotate('error', text);
  };
  next = (text: string): void => this.line(`${this.style('magenta', '[next]')} ${text}`);

  /** An error that says so itself. */
  banner(text: string): void {
    this.line(text);
    this.#annotate('error', text.replaceAll('❌', '').trim());
  }

  /** A line for the person. */
  line(text: string): void {
    this.clear();
    this.#err.write(this.#clean(text) + '\n');
  }

  /** A line for a program: the result itself. */
  result(text: string): void {
    this.clear();
    this.#out.write(this.#clean(text) + '\n');
  }

  /** A line that the next one replaces. Elsewhere than on a terminal it is an ordinary line. */
  progress(text: string): void {
    if (!this.interactive) return this.line(`${this.style('cyan', '[info]')} ${text}`);
    this.#err.write(`\r\x1b[K${this.redactor.redact(text)}`);
    this.#transient = true;
  }

  style(style: Style, text: string): string {
    return this.#colour ? styleText(style, text, { validateStream: false }) : text;
  }

  #clean(text: string): string {
    const redacted = this.redactor.redact(text);
    return this.spell?.(redacted) ?? redacted;
  }

  /** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
  #annotate(level: 'error' | 'warning', text: string): void {
    if (!this.#annotates) return;
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
