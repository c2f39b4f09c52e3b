import { UsageError } from '../errors.ts';
import { readLine } from '../output/read-line.ts';
import type { Terminal } from '../output/terminal.ts';

const UNDONE = 'nothing was written';

export interface Question {
  /** The parameter that answers it. */
  readonly name: string;
  /** What init could not find out, as a sentence. */
  readonly about: string;
  readonly candidates: readonly string[];
}

/** Decides what the files do not tell: from the command line, or by asking a person on a terminal. */
export class Asker {
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #terminal: Terminal;
  readonly #open: Question[] = [];
  readonly #said = new Map<string, string>();

  constructor(given: Readonly<Record<string, unknown>>, terminal: Terminal) {
    this.#given = given;
    this.#terminal = terminal;
  }

  /** The value of a parameter, if it was given as a text. */
  given(name: string): string | undefined {
    const given = this.#given[name];
    return typeof given === 'string' ? given : undefined;
  }

  /**
   * The value that was given, else the only candidate, else the person's answer. Without a terminal, undefined:
   * `settle` then reports the open question.
   */
  async decide(question: Question): Promise<string | undefined> {
    const { name, about, candidates } = question;
    const given = this.given(name);
    if (given !== undefined) return given;
    if (candidates.length === 1) return candidates[0];
    if (!this.#isTerminal) {
      this.#open.push(question);
      return undefined;
    }
    // Two environments may pose the same question.
    const key = `${name} ${candidates.join(' ')}`;
    const known = this.#said.get(key);
    if (known !== undefined) return known;
    const list = candidates.length > 0 ? ` (${candidates.join(', ')})` : '';
    for (;;) {
      const said = await readLine(`${about}\n${name}${list}: `, UNDONE);
      if (!(candidates.length > 0 ? candidates.includes(said) : said !== '')) continue;
      this.#said.set(key, said);
      return said;
    }
  }

  /** True for y. Without a terminal nobody can be asked: the command itself counts as consent. */
  async confirm(question: string): Promise<boolean> {
    return !this.#isTerminal || /^y(es)?$/i.test(await readLine(`${question} [y/N] `, UNDONE));
  }

  /** @throws UsageError with all open questions and what to type */
  settle(): void {
    if (this.#open.length === 0) return;
    const open = [...new Map(this.#open.map((one) => [`${one.name} ${one.about}`, one])).values()];
    const names = [...new Set(open.map(({ name }) => name))];
    const words = names.map((name) => {
      const all = open.filter((one) => one.name === name).map(({ candidates }) => candidates[0] ?? '…');
      return `${name}=${[...new Set(all)].join(',')}`;
    });
    throw new UsageError(
      open
        .map(
          ({ name, about, candidates }) =>
            `${about}; give ${name}=${candidates.length > 0 ? candidates.join('|') : '<text>'}`,
        )
        .join('\n'),
      { hint: `for instance: npx makesafe init ${words.join(' ')}` },
    );
  }

  get #isTerminal(): boolean {
    return this.#terminal.interactive && process.stdin.isTTY === true;
  }
}
