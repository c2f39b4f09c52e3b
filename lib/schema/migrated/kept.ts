import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { removeFile, writeNewSync, writeWhole } from '../../system/files.ts';
import { readTextIfThere } from '../../system/read-bounded.ts';
import type { Side } from '../read/read.ts';
import { areUnchanged, type Inputs } from './inputs.ts';

/** Changes when the schema that a version of makesafe reads has another form. */
const FORMAT = 1;

/** Bytes: four times the schema of 20,000 tables. */
const MOST = 256 << 20;
/** Files that are kept, the newest: one for each environment and kind of comparison. */
const NUMBER = 8;

interface Kept {
  readonly inputs: Inputs;
  readonly side: Side;
}

/**
 * Schemas that revisions have made, in files. A file counts only if it is sealed with the password of the environment's
 * role, and if all that the schema was made from is as it was.
 */
export class KeptSchemas {
  readonly #run: StackRun;
  readonly #folder: string;
  readonly #file: string;

  /** @param made what decides the schema beside the files that alembic reads: versions, names, variables */
  constructor(run: StackRun, made: object) {
    this.#run = run;
    this.#folder = join(run.root, '.embedded', '.migrations');
    const key = createHash('sha256')
      .update(JSON.stringify({ format: FORMAT, made }))
      .digest('hex');
    this.#file = join(this.#folder, `${key.slice(0, 32)}.json`);
  }

  /** The schema, if one is kept that is not out of date. Warns about a file that cannot be trusted. */
  async find(): Promise<Side | undefined> {
    const { root, terminal } = this.#run;
    try {
      const text = readTextIfThere(this.#file, { most: MOST });
      if (text === undefined) return undefined;
      const at = text.indexOf('\n');
      const [head, body] = [text.slice(0, at), text.slice(at + 1)];
      const { salt, digest } = JSON.parse(head) as { salt: string; digest: string };
      const own = await this.#seal(body, salt);
      if (own === undefined || own !== digest) throw new Error('makesafe has not written it like this');
      const { inputs, side } = JSON.parse(body) as Kept;
      return areUnchanged(root, inputs) ? side : undefined;
    } catch (error) {
      terminal.warn(`${this.#file} is not used, and made anew: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Keeps a schema for the next time. Warns if that is not possible. */
  async keep(side: Side, inputs: Inputs): Promise<void> {
    const kept: Kept = { inputs, side };
    const body = JSON.stringify(kept);
    const salt = randomBytes(16).toString('base64');
    const digest = await this.#seal(body, salt);
    if (digest === undefined) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeNewSync(join(this.#folder, '.gitignore'), '*\n', 0o644);
      const head = JSON.stringify({ salt, digest });
      // A definition may have secrets in it.
      await writeWhole(this.#file, 0o600, (output) => void output.write(`${head}\n${body}`));
      this.#removeOld();
    } catch (error) {
      this.#run.terminal.warn(`the schema that the revisions make is not kept: ${messageOf(error)}`);
    }
  }

  #seal(body: string, salt: string): Promise<string | undefined> {
    // The file's name says what the schema is made for.
    return this.#run.stack.seal(`${this.#file}\n${body}`, salt);
  }

  #removeOld(): void {
    const files = readdirSync(this.#folder).filter((name) => name.endsWith('.json'));
    const byAge = files
      .map((name) => ({ path: join(this.#folder, name), time: statSync(join(this.#folder, name)).mtimeMs }))
      .sort((a, b) => b.time - a.time);
    for (const { path } of byAge.slice(NUMBER)) removeFile(path);
  }
}
