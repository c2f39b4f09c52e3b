import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnvironment, run } from './processes.ts';

export const HAS_TMUX = (await run(['tmux', '-V']).catch(() => ({ status: 1 }))).status === 0;

/** Keys to press once a text is the last line of the screen. */
export type Pressed = readonly [after: RegExp, keys: string];

/** A terminal of 80 columns. */
export class Tmux {
  readonly #socket = `makesafe-${randomBytes(4).toString('hex')}`;
  readonly #folder: () => string;
  readonly #env: Readonly<Record<string, string>>;
  /** Each command has a session of its own: with its last one the server ends, also while another is begun. */
  #session = 0;

  /**
   * @param folder where commands are typed
   * @param env what is exported there
   */
  constructor(folder: () => string, env: Readonly<Record<string, string>> = {}) {
    this.#folder = folder;
    this.#env = env;
  }

  #tmux(...words: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...words], {
      encoding: 'utf8',
      cwd: this.#folder(),
      env: { ...cleanEnvironment(), ...this.#env },
    });
  }

  get #name(): string {
    return `session${this.#session}`;
  }

  #rows(): string[] {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-500', '-t', this.#name).trimEnd().split('\n');
  }

  /** All rows of a command once it has ended, its status the last; those that the terminal had to break joined again. */
  async screen(command: readonly string[], ...pressed: readonly Pressed[]): Promise<string[]> {
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const size = ['-x', '80', '-y', '50'];
    this.#session += 1;
    this.#tmux('new-session', '-d', '-s', this.#name, ...size, `${line}; echo "ended $?"; read wait`);
    this.#tmux('set-option', '-t', this.#name, 'history-limit', '5000');
    let answered = 0;
    for (const [after, keys] of pressed) {
      ({ length: answered } = await this.#until(
        (rows) => rows.length > answered && after.test(rows.at(-1)!),
      ));
      this.#tmux('send-keys', '-t', this.#name, ...keys.split(' '));
    }
    const rows = await this.#until((all) => /^ended \d+$/.test(all.at(-1)!));
    return rows.map((row) => row.trimEnd());
  }

  async #until(holds: (rows: readonly string[]) => boolean): Promise<string[]> {
    for (;;) {
      const rows = this.#rows();
      if (holds(rows)) return rows;
      if (/^ended \d+$/.test(rows.at(-1)!)) throw new Error(`ended before:\n${rows.join('\n')}`);
      await sleep(50);
    }
  }

  end(): void {
    try {
      this.#tmux('kill-server');
    } catch {
      // With its last session it has ended by itself.
    }
  }
}
