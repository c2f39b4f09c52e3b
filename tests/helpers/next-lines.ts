import { expect } from 'vitest';
import { sampleOf } from './commit.ts';
import { must, type Ran } from './processes.ts';

/** What a person does by hand where a [next] line asks for it; the same once only. */
export type ByHand = readonly [asked: RegExp, work: () => unknown][];

interface Following {
  readonly byHand?: ByHand;
  /** Which of several [next] lines, or of the lines of `check`. */
  readonly choose?: number;
  /** What it fails with, and is meant to: a refusal that only a decision of a person ends. */
  readonly endsAt?: RegExp;
}

/** One state of many, another with each commit; `NEXT=all` takes all, `NEXT=<name>` that one. */
export function chosenStates(names: readonly string[]): readonly string[] {
  const { NEXT } = process.env;
  if (NEXT === 'all') return names;
  return NEXT === undefined ? sampleOf(names, 1) : names.filter((name) => name === NEXT);
}

const TASK =
  /(?:npx tsx tasks\/([a-z-]+)\.ts|npx makesafe ([a-z-]+)|\bmake ([a-z-]+)(?= [A-Z]))((?: [A-Z_]+=\S+)*)/;
const DOCKER = /\bdocker (?:volume|network|image|rename|rm|start|stop|compose|ps)(?: [^\s,;:]+)+/;

/** The lines to type in a text: tasks by their words, and what is typed to docker. */
function linesIn(text: string): string[] {
  const lines = [];
  for (const [line, a, b, c, words] of text.matchAll(new RegExp(`${TASK.source}|${DOCKER.source}`, 'g'))) {
    const task = a ?? b ?? c;
    lines.push(task === undefined ? line : `${task}${words!.replace(/[,;.]$/, '')}`);
  }
  return lines;
}

/**
 * Types a command, then what its [next] line says, and so on, until one ends well.
 *
 * @param runTask runs a task by its words
 * @returns what was typed
 */
export async function followNext(
  runTask: (words: string) => Promise<Ran>,
  first: string,
  { byHand = [], choose = 0, endsAt }: Following = {},
): Promise<string[]> {
  const typed: string[] = [];
  const failures = new Set<string>();
  const done = new Set<RegExp>();
  for (let lines = [first]; lines.length > 0;) {
    const line = lines.shift()!;
    typed.push(line);
    if (line.startsWith('docker ')) {
      await must(line.split(' '));
      continue;
    }
    const waits = /^(db-reset|db-rebuild|restore|db-undo|db-drop|al-down|al-stamp)(?!.* WAIT=)/.test(line);
    const { status, stderr, stdout } = await runTask(`${line}${waits ? ' WAIT=0' : ''}`);
    if (status === 0) continue;
    const said = `${stdout}\n${stderr}`;
    if (endsAt?.test(said)) break;
    expect(status, `${line}\n${said}`).not.toBe(64);
    const blocked = said.split('\n').filter((text) => /^❌ +\d\. /.test(text));
    const next =
      blocked.length > 0
        ? [blocked.join(' ')]
        : said.split('\n').filter((text) => text.startsWith('[next] ') || /^ +→ /.test(text));
    expect(next, `nothing to type: ${line}\n${said}`).not.toEqual([]);
    const advice = next[Math.min(choose, next.length - 1)]!;
    // What was done by hand in between makes it another failure.
    const failure = [line, advice, done.size].join('\n');
    expect(failures, `a circle: ${typed.join(' · ')}\n${said}`).not.toContain(failure);
    failures.add(failure);
    let byHandNow = false;
    for (const [asked, work] of byHand)
      if (asked.test(advice) && !done.has(asked)) {
        done.add(asked);
        byHandNow = true;
        await work();
      }
    const found = linesIn(advice);
    expect(byHandNow || found.length > 0, `nothing that can be typed: ${advice}\n${said}`).toBe(true);
    // Behind what the line asks for, the command that wanted it.
    lines = [...found, ...(blocked.length > 0 || found.at(-1) === line ? [] : [line]), ...lines];
  }
  return typed;
}
