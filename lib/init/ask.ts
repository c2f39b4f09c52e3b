import { UsageError } from '../errors.ts';
import { readLine } from '../output/read-line.ts';
import type { Terminal } from '../output/terminal.ts';

const UNDONE = 'nothing was written';

export interface Question {
  /** The parameter that answers it. */
  readonly name: string;
  /** What could not be seen, as a sentence. */
  readonly about: string;
  readonly candidates: readonly string[];
}

/** Answers what cannot be seen: a person on a terminal does, elsewhere the command line. */
export class Asker {
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #terminal: Terminal;
  readonly #open: Question[] = [];
  readonly #said = new Map<string, string>();

  constructor(given: Readonly<Record<string, unknown>>, terminal: Terminal) {
    this.#given = given;
    this.#terminal = terminal;
  }

  /** What was given on the command line, if it was a text. */
  given(name: string): string | undefined {
    const given = this.#given[name];
    return typeof given === 'string' ? given : undefined;
  }

  /** What was given, else the one candidate, else what the person says; undefined while nobody has. */
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

  /** True for y; where nobody can be asked, what was typed is consent enough. */
  async confirm(question: string): Promise<boolean> {
    return !this.#isTerminal || /^y(es)?$/i.test(await readLine(`${question} [y/N] `, UNDONE));
  }

  /** @throws UsageError with all that is still open, and what to type */
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
