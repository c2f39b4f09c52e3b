import { appendFileSync } from 'node:fs';
import { afterAll, describe, expect, inject, test, vi } from 'vitest';
import { sampleOf } from '../helpers/commit.ts';
import { summary, visit, type Outcome } from '../helpers/zoo-steps.ts';
import { zooNames } from '../helpers/zoo.ts';

/**
 * Small repositories, each with one thing that teams set up in another way: tests/zoo/README.md. `ZOO=all` takes all of
 * them, `ZOO=alpine-image,no-volume` those; else two, and others with each commit. `ZOO_REPORT=` names a file for the table.
 */
const { ZOO: wanted, ZOO_REPORT: report } = process.env;
const all = zooNames();

const names = wanted === undefined ? sampleOf(all, 2) : wanted === 'all' ? all : wanted.split(',');

vi.setConfig({ testTimeout: 900_000, maxConcurrency: 2 });

describe.skipIf(inject('noEngine') !== '')('the zoo', () => {
  const outcomes: Outcome[] = [];
  afterAll(() => console.log(summary(outcomes)));

  test.concurrent.each(names)('%s', async (name) => {
    const outcome = await visit(name);
    outcomes.push(outcome);
    const { state, note, seconds } = outcome;
    // At once: all of them take a while.
    if (state === 'known' || state === 'FAILS') console.log(`${name}: ${state}: ${note}`);
    if (report !== undefined)
      appendFileSync(report, `| ${name} | ${state} | ${note.split('\n')[0]} | ${seconds} |\n`);
    expect(state, note).not.toBe('FAILS');
  });
});
