import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeActor } from '../../lib/output/actor.ts';
import type { Comparison } from '../../lib/schema/compare/comparison.ts';
import { HTML } from '../../lib/schema/report/parameters.ts';
import { lookAtPage } from '../../lib/schema/report/page.ts';
import { reportComparison, type ReportRun } from '../../lib/schema/report/report.ts';
import { difference, SAMPLE, sample } from '../helpers/comparison.ts';
import { recordingTerminal, temporaryFolder } from './support.ts';

const SAME = sample({ verdict: 'same', differences: [] });

/** As the task calls it, with what was written and the line to type next. */
async function report(
  comparison: Comparison,
  values: Record<string, unknown> = {},
  secret = '',
  isTTY = false,
) {
  const { terminal, written } = recordingTerminal({}, isTTY);
  terminal.redactor.hide(secret);
  const run = {
    values: { BASE: 'local_dev', PRIVILEGES: true, ...values },
    terminal,
    actor: makeActor(values['DRY_RUN'] === true, terminal),
    environment: { name: 'vm_stg' },
    task: { name: 'db-diff-schema-env' },
    command: (task: string, parameters: Record<string, string>) =>
      ['make', task, ...Object.entries(parameters).map((pair) => pair.join('='))].join(' '),
  } as unknown as ReportRun;
  return { hint: await reportComparison(comparison, run, await lookAtPage(run)), ...written };
}

test('the result on standard output; same is said once more, with the next line', async () => {
  const { hint, out, err } = await report(SAME);
  expect(out).toMatch(/^✓ vm_stg has the same schema as local_dev\n/);
  expect(err).toBe(
    '[ok] vm_stg has the same schema as local_dev\n[next] make db-verify-env ENV=vm_stg BASE=local_dev\n',
  );
  expect(hint).toBeUndefined();
});

describe('the line to type next asks for more, of the same two sides', () => {
  const line = 'make db-diff-schema-env ENV=vm_stg';
  test.each<[values: Record<string, unknown>, hint: string | undefined]>([
    [{}, `${line} BASE=local_dev VERBOSE=1`],
    [{ VERBOSE: true }, `${line} BASE=local_dev HTML=report.html`],
    [{ JSON: true }, `${line} BASE=local_dev HTML=report.html`],
    [{ BASE: undefined, DUMP: 'x.dump', PRIVILEGES: false }, `${line} DUMP=x.dump PRIVILEGES=0 VERBOSE=1`],
  ])('%j', async (values, hint) => {
    const ran = await report(SAMPLE, values);
    expect(ran.hint).toBe(hint);
    expect(ran.err).toBe('');
  });
});

test('JSON=1 prints nothing but JSON on standard output', async () => {
  const { out } = await report(SAMPLE, { JSON: true, VERBOSE: true }, '', true);
  expect(JSON.parse(out)).toMatchObject({ verdict: 'different', counts: { different: 8 } });
});

test('coloured where standard output is a terminal, and only there', async () => {
  expect((await report(SAMPLE, {}, '', true)).out).toContain('\u001b[31m');
  expect((await report(SAMPLE)).out).not.toContain('\u001b');
});

describe('HTML', () => {
  test('is written whole, for its owner only', async () => {
    const file = join(temporaryFolder(), 'reports', 'stg.html');
    const { err, out } = await report(SAMPLE, { HTML: file });
    expect(err).toMatch(/^\[ok\] the report is in .*stg\.html\n$/);
    expect(out).toContain('8 objects of vm_stg differ');
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a dry run names it and writes nothing', async () => {
    const file = join(temporaryFolder(), 'stg.html');
    const { out } = await report(SAMPLE, { HTML: file, DRY_RUN: true });
    expect(out).toContain(`# write the report to ${file}\n`);
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  test('an empty name is refused', () => {
    expect(() => HTML.parse('')).toThrow('is empty');
  });
});

test.each([{}, { VERBOSE: true }, { JSON: true }])('no secret in any report: %j', async (values) => {
  // Escaped in HTML, a password with such characters would no longer be found.
  const secret = `p<w>"&'x1`;
  const leaky = difference({
    name: secret,
    changes: [`default '${secret}'`],
    base: secret,
    compared: `${secret} 2`,
  });
  const file = join(temporaryFolder(), 'r.html');
  const { out } = await report(
    sample({ differences: [leaky], incomplete: [secret] }),
    { ...values, HTML: file },
    secret,
  );
  for (const text of [out, readFileSync(file, 'utf8')]) {
    expect(text).toContain('********');
    expect(
      text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
    ).not.toContain(secret);
    expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  }
});
