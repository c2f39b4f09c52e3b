import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/README.ja.md'), 'utf8');

/** A line that docs/README.ja.md shows as typed, and what it quotes of the answer. */
export interface Quoted {
  readonly line: string;
  readonly output: string;
}

const blocks = [...GUIDE.matchAll(/^```\n(.*?)^```$/gms)].map(([, text]) => text!);

/** The blocks that begin with `$`, in the order of the guide. */
export const QUOTED: readonly Quoted[] = blocks
  .filter((text) => text.startsWith('$ '))
  .map((text) => {
    const [first = '', ...output] = text.split('\n');
    return { line: first.slice('$ '.length), output: output.join('\n') };
  });

/** The whole block in which a text stands. */
export function blockWith(text: string): string {
  const found = blocks.filter((block) => block.includes(text));
  if (found.length !== 1) throw new Error(`docs/README.ja.md has ${found.length} blocks with "${text}"`);
  return found[0]!;
}

/** The rows of the tables under a heading, each with what its cells have in backquotes. */
export function rowsUnder(heading: string): string[][][] {
  const [, section] = GUIDE.split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`docs/README.ja.md has no heading "${heading}"`);
  const [own] = section.split(/^#+ /m) as [string];
  return [...own.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) =>
    row!.split(' | ').map((cell) => [...cell.matchAll(/`(.*?)`/g)].map(([, text]) => text!)),
  );
}

/** What is another one on each machine and at each time. */
const VARIES: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{12}\b/g, '<id>'],
  [/\b\d{19}\b/g, '<system>'],
  [/(?:\d+(?:\.\d+)?|x\.x) (?:bytes|kB|MB|GB|s)\b/g, '<amount>'],
  [/ +(?=<amount>)/g, ' '],
  [/_\d{8}_\d{6}\b/g, '_<time>'],
  [/\buntil \d{4}-\d\d-\d\d \d\d:\d\d/g, 'until <when>'],
  [/\babout \d+ rows?/g, 'about <n> rows'],
  [/\b(?:just now|\d+ \w+ ago)/g, '<when>'],
  [/\bon host [\w.-]+/g, 'on host <host>'],
  [/\bDocker \S+, Compose [^\s,]+/g, 'Docker <version>, Compose <version>'],
  [/\bPostgreSQL 17\.\d+(?: \(Debian [^)]*\))?/g, 'PostgreSQL <version>'],
  [/unix:\/\/[\w/.-]+/g, '<socket>'],
];

/** What the guide leaves out: logs of docker compose and image builds, and the lines with which Alembic begins. */
const LOGS =
  /^(?: ?(?:Container|Network|Volume|Image) .*| *\[\+\].*|#\d+.*|Step \d.*|Sending build.*| --->.*|Removing .*|Successfully .*|time=.*|INFO  \[alembic\.runtime\.migration\] (?:Context impl|Will assume) .*|)\n/gm;

/** What a terminal shows in one line, each in place of the one before, and what is said again where there is none. */
const PROGRESS =
  /^(?:(?:\[info\] )?Ctrl-C cancels\..*|\[info\] (?:waiting|stopping|removing) .*|\[info\] steps: .*|    (?:reset|up|bootstrap|migrate|start|current|verify) <amount>.*)\n/gm;

/** An answer without all that and without what varies. */
export const ofOurs = (said: string): string =>
  VARIES.reduce((text, [what, name]) => text.replaceAll(what, name), said.replaceAll(LOGS, '')).replaceAll(
    PROGRESS,
    '',
  );

/** What an answer has to match: `…` stands for anything in a line, a line `（中略）` for any lines. */
export const formOf = (quoted: string): RegExp => new RegExp(`^${sourceOf(quoted)}$`);

/** The same for a part of an answer. */
export const partOf = (quoted: string): RegExp => new RegExp(sourceOf(quoted).replace(/\n$/, ''));

function sourceOf(quoted: string): string {
  const lines = ofOurs(`${quoted.trimEnd()}\n`).trimEnd().split('\n');
  const forms = lines.map((line) =>
    line.startsWith('（中略')
      ? '(?:.*\n)*?'
      : `${line
          .split('…')
          .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
          .join('.*')}\n`,
  );
  return forms.join('');
}

/** The typed lines that come to no engine. */
export const WITHOUT_ENGINE = /^export ENV=|ENV=vm_prod/;
