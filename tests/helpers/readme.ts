import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeeded, type Ran, type Running } from './processes.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The lines of each block of code that stands under a heading of README.md, block by block. */
export function blocksOf(heading: string): string[][] {
  const [, section] = README.split(new RegExp(`^## ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`README.md has no heading "${heading}"`);
  const [own] = section.split(/^## /m) as [string];
  return [...own.matchAll(/^```\n(.*?)^```$/gms)].map(([, text]) => text!.split('\n').filter(Boolean));
}

/** Types lines into a shell, one after the other, until one fails; and keeps their seconds. */
export class Typist {
  readonly #start: (command: readonly string[]) => Running;
  readonly #rows: string[] = [];

  constructor(begin: (command: readonly string[]) => Running) {
    this.#start = begin;
  }

  async type(line: string): Promise<Ran> {
    const ran = await this.#start(['bash', '-c', line]).ended;
    this.#rows.push(`${(ran.time / 1000).toFixed(1).padStart(6)} s  ${ran.status}  ${line}`);
    return succeeded(ran);
  }

  async typeAll(lines: readonly string[]): Promise<string> {
    let said = '';
    for (const line of lines) {
      const { stdout, stderr } = await this.type(line);
      said += stdout + stderr;
    }
    return said;
  }

  /** Each line that was typed, with its seconds and its status. */
  table = (): string => this.#rows.join('\n');
}
