import {
  chmodSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { RefusedError } from '../../lib/errors.ts';
import {
  append,
  journalFile,
  readJournal,
  readJournals,
  repositoryRevision,
} from '../../lib/guard/record/entries.ts';
import type { End, Start } from '../../lib/guard/record/entry.ts';
import { checkJournal } from '../../lib/guard/record/journal-file.ts';
import { person } from '../../lib/system/person.ts';
import { describeRuns, showJournal } from '../../lib/guard/record/journal.ts';
import { Redactor } from '../../lib/output/redact.ts';
import { HUGE, NOT_FILES } from './broken-files.ts';
import { processorTime, recordingTerminal, temporaryFolder, thrownBy } from './support.ts';
import { lastKnown } from '../../lib/guard/facts/last-known.ts';
import { target, volume } from './guard-facts.ts';

/** What was asked of the file system, in order. */
let calls: string[];
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    writeFileSync: vi.fn((file: string | number, text: string, options?: object) => {
      if (typeof file === 'number') calls.push(`write ${text.length}`);
      fs.writeFileSync(file, text, options);
    }),
    fsyncSync: vi.fn((descriptor: number) => {
      calls.push('fsync');
      fs.fsyncSync(descriptor);
    }),
  };
});
beforeEach(() => void (calls = []));

const start: Start = {
  ...{ event: 'start', run: 'one', time: '2026-01-02T03:04:05.678Z', user: 'taro', host: 'vm7' },
  ...{ environment: 'vm_prod', typed: 'prod', task: 'db-reset-db-env' },
  parameters: {
    ENV: { value: 'prod', origin: 'command line' },
    FORCE: { value: true, origin: 'command line' },
    WAIT: { value: 5, origin: 'default' },
  },
  target: {
    ...{ engine: 'unix:///x', host: 'vm7', project: 'shop', server: 'container 0123456789ab (running)' },
    ...{ storage: volume(), database: 'core_prod', systemIdentifier: '7', size: 1, tables: 31, rows: 9 },
    revisions: ['0012'],
  },
  ...{ checks: ['a', 'b'], backup: 'backups/x.dump', revision: 'c0ffee' },
};
const end: End = { event: 'end', run: 'one', time: '2026-01-02T03:04:09Z', outcome: 'done', seconds: 3.21 };
const plain = new Redactor();

describe('append', () => {
  test('makes folder and file for their owner only, a line an entry, and what is there stays', () => {
    const file = journalFile(temporaryFolder(), 'vm_prod');
    append(file, start, plain);
    const first = readFileSync(file, 'utf8');
    append(file, end, plain);
    expect(readFileSync(file, 'utf8').startsWith(first)).toBe(true);
    expect(readFileSync(file, 'utf8').split('\n').length).toBe(3);
    expect(readJournal(file)).toEqual({ entries: [start, end], cut: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  });

  test('a line is written at once and is on disk before anything else happens', () => {
    const file = journalFile(temporaryFolder(), 'vm_prod');
    append(file, start, plain);
    expect(calls).toEqual([`write ${JSON.stringify(start).length + 1}`, 'fsync']);
    expect(vi.mocked(fsyncSync)).toHaveBeenCalled();
  });

  test.each(['{"event":"start","run":"cut off', '{', '\u65e5'])(
    'behind a cut line (%s) its own is whole',
    (cut) => {
      const file = join(temporaryFolder({ 'journal/vm_prod.jsonl': cut }), 'journal/vm_prod.jsonl');
      append(file, start, plain);
      expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(cut);
      expect(readJournal(file)).toEqual({ entries: [start], cut: 1, firstCut: 1 });
    },
  );

  test('no secret gets in, whatever its form', () => {
    const secret = 'it\'s "a" p%w@/\\n日本';
    const redactor = new Redactor();
    redactor.hide(secret);
    const file = journalFile(temporaryFolder(), 'vm_prod');
    const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
    append(file, { ...end, outcome: 'failed', error: `cannot: ${forms.join(' and ')}` }, redactor);
    const text = readFileSync(file, 'utf8');
    for (const form of [...forms, JSON.stringify(secret).slice(1, -1)]) expect(text).not.toContain(form);
    expect(readJournal(file).entries).toMatchObject([
      { error: 'cannot: ******** and ******** and ********' },
    ]);
  });

  test.each<[why: string, spoil: (root: string) => void]>([
    ['the folder is a file', (root) => writeFileSync(join(root, 'journal'), '')],
    ['the file is a folder', (root) => mkdirSync(join(root, 'journal/vm_prod.jsonl'), { recursive: true })],
    ...(process.getuid?.() === 0
      ? []
      : [
          [
            'the folder is not ours',
            (root: string) => {
              mkdirSync(join(root, 'journal'));
              chmodSync(join(root, 'journal'), 0o500);
              onTestFinished(() => chmodSync(join(root, 'journal'), 0o700));
            },
          ] as [string, (root: string) => void],
        ]),
  ])('what cannot go on record is refused: %s', (_why, spoil) => {
    const root = temporaryFolder();
    spoil(root);
    const refused = thrownBy(() => append(journalFile(root, 'vm_prod'), start, plain));
    expect(refused).toBeInstanceOf(RefusedError);
    expect(refused.message).toMatch(/^the journal cannot be written: E/);
  });
});

describe('reading', () => {
  test('no journal is an empty one, and is not made', () => {
    const root = temporaryFolder();
    expect(readJournal(journalFile(root, 'x'))).toEqual({ entries: [], cut: 0 });
    expect(readJournals(root)).toEqual([]);
    expect(existsSync(join(root, 'journal'))).toBe(false);
  });

  test.each([
    ['cut at its end', (whole: string) => whole.slice(0, -20)],
    ['cut in the middle', (whole: string) => whole.replace(/\n/, '\n{"event":"st\n')],
    ['a letter cut in two', (whole: string) => `${whole}{"user":"\u65e5`.slice(0, -1) + '\ufffd'],
  ])('a line that is %s does not stand in the way of the others', (_title, spoil) => {
    const whole = `${JSON.stringify(start)}\n${JSON.stringify({ ...start, run: 'two' })}\n${JSON.stringify(end)}\n`;
    const root = temporaryFolder({ 'journal/vm_prod.jsonl': spoil(whole) });
    const { entries, cut } = readJournal(journalFile(root, 'vm_prod'));
    expect(entries.slice(0, 2)).toMatchObject([{ run: 'one' }, { run: 'two' }]);
    expect(cut).toBe(1);
  });

  test('the starts of all environments, and nothing else that is in the folder', () => {
    const line = (environment: string): string => `${JSON.stringify({ ...start, environment })}\n`;
    const root = temporaryFolder({
      'journal/vm_prod.jsonl': line('vm_prod') + JSON.stringify(end) + '\n',
      'journal/vm_stg.jsonl': line('vm_stg') + '{"cut',
      'journal/.vm_stg.lock': 'x',
      'journal/notes.txt': 'x',
    });
    expect(readJournals(root).map(({ environment }) => environment)).toEqual(['vm_prod', 'vm_stg']);
  });

  test('what is JSON and no entry does not stop anything either', () => {
    const root = temporaryFolder({ 'journal/x.jsonl': `null\n4\n"a"\n${JSON.stringify(start)}\n` });
    expect(readJournals(root)).toEqual([start]);
    expect(readJournal(journalFile(root, 'x'))).toEqual({ entries: [start], cut: 3, firstCut: 1 });
  });
});

describe('a journal that is none', () => {
  const spoilt = async (make: (path: string) => unknown): Promise<{ root: string; file: string }> => {
    const root = temporaryFolder({ 'journal/other.jsonl': '' });
    const file = journalFile(root, 'vm_prod');
    await make(file);
    return { root, file };
  };

  test.each(NOT_FILES)('$what: reading, writing and the look before say so', async ({ make, said }) => {
    const { root, file } = await spoilt(make);
    const works = [() => readJournals(root), () => append(file, start, plain), () => checkJournal(file)];
    for (const work of works) {
      const error = thrownBy(work);
      expect(error).toBeInstanceOf(RefusedError);
      expect(error.message).toMatch(/^the journal cannot be (read|written): /);
      expect(error.message).toMatch(said);
      expect(error.message).toContain(file);
      expect(error.hint).not.toBe('');
    }
  });

  test('2 GB of nothing: its end is read and written, at once', async () => {
    const { root, file } = await spoilt(HUGE.make);
    const spent = processorTime();
    checkJournal(file);
    append(file, start, plain);
    expect(readJournals(root)).toEqual([start]);
    expect(readJournal(file)).toMatchObject({ entries: [start], cut: 0 });
    expect(spent()).toBeLessThan(3_000);
  });

  test('a link to a file of somebody else is not written to', () => {
    const root = temporaryFolder({ 'journal/x': '', passwd: 'root' });
    symlinkSync('../passwd', journalFile(root, 'vm_prod'));
    expect(thrownBy(() => append(journalFile(root, 'vm_prod'), start, plain)).message).toMatch(/ELOOP/);
    expect(readFileSync(join(root, 'passwd'), 'utf8')).toBe('root');
  });
});

describe('any line in a journal: an entry or none, never another error', () => {
  const spoils: unknown[] = [undefined, null, 0, '', 'x', [], {}, [null], true];
  const places = (value: unknown, path: string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...places(inner, [...path, key])])
      : [];
  const changed = (value: object, [key, ...rest]: string[], to: unknown): object => {
    const inner = (value as Record<string, object>)[key!]!;
    return { ...value, [key!]: rest.length === 0 ? to : changed(inner, rest, to) };
  };
  const lines = [start, end].flatMap((entry) =>
    places(entry).flatMap((path) => spoils.map((spoil) => JSON.stringify(changed(entry, path, spoil)))),
  );

  test('what is read can be shown and searched', () => {
    expect(lines.length).toBeGreaterThan(300);
    for (const line of [...lines, 'null', '[]', '"x"', '4', '{}', '\0\0', '{"event":"start","run":"x"}']) {
      const root = temporaryFolder({ 'journal/x.jsonl': `${line}\n${JSON.stringify(start)}\n` });
      const { entries } = readJournal(journalFile(root, 'x'));
      expect(() => describeRuns(entries)).not.toThrow();
      expect(lastKnown(readJournals(root), target, undefined)).toBeOneOf([
        undefined,
        start.environment,
        'x',
        '',
      ]);
    }
  });
});

describe('describeRuns', () => {
  test('a run in two lines, with how it ended', () => {
    const more = (run: string, changes: Partial<Start> = {}): Start => ({ ...start, run, ...changes });
    const nothing = { ...start.target, tables: null, revisions: null };
    const lines = describeRuns([
      more('one'),
      end,
      more('two', { backup: null, target: nothing, parameters: {} }),
      { ...end, run: 'two', outcome: 'failed', error: 'disk full\nnothing was touched', seconds: 0.1 },
      more('three', { backup: 'skip', target: { ...start.target, revisions: [] } }),
      { ...end, run: 'three', outcome: 'cancelled', error: 'cancelled', seconds: 65 },
      more('four', { parameters: { MSG: { value: "it's two words", origin: 'command line' } } }),
    ]);
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "2026-01-02 03:04:05  done 3.2 s   make db-reset-db-env ENV=prod FORCE=1
          taro@vm7, core_prod (31 tables, revision 0012); backup backups/x.dump
      2026-01-02 03:04:05  failed 0.1 s make db-reset-db-env
          taro@vm7, core_prod (not read)
          disk full
          nothing was touched
      2026-01-02 03:04:05  cancelled 65.0 s make db-reset-db-env ENV=prod FORCE=1
          taro@vm7, core_prod (31 tables, revision none); BACKUP=skip
          cancelled
      2026-01-02 03:04:05  no end       make db-reset-db-env 'MSG=it'\\''s two words'
          taro@vm7, core_prod (31 tables, revision 0012); backup backups/x.dump"
    `);
  });
});

describe('the task', () => {
  const show = async (content: string | undefined, JSON_ = false) => {
    const root = temporaryFolder(content === undefined ? {} : { 'journal/vm_prod.jsonl': content });
    const { terminal, written } = recordingTerminal();
    const run = { root, name: { name: 'vm_prod' }, values: { JSON: JSON_ }, terminal };
    await showJournal(run as unknown as Parameters<typeof showJournal>[0]);
    return written;
  };
  const both = `${JSON.stringify(start)}\n${JSON.stringify(end)}\n`;

  test('shows the runs as a result, and lines that cannot be read as a warning', async () => {
    const { out, err } = await show(`${both}{"cut`);
    expect(out).toBe(`${describeRuns([start, end]).join('\n')}\n`);
    expect(err).toMatch(
      /^\[warn\] .*vm_prod\.jsonl: 1 line cannot be read, and left out \(the first is line 3\)\n$/,
    );
  });

  test('JSON=1 is one array of what was written', async () => {
    const { out, err } = await show(both, true);
    expect(JSON.parse(out)).toEqual([start, end]);
    expect(err).toBe('');
  });

  test('JSON=1 of nothing is an empty array; else it says so', async () => {
    expect(JSON.parse((await show(undefined, true)).out)).toEqual([]);
    const { out, err } = await show(undefined);
    expect(out).toBe('');
    expect(err).toMatch(/^\[info\] nothing was destroyed in vm_prod \(/);
  });
});

test('the person behind sudo is named as well', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('SUDO_USER', undefined);
  const own = person();
  expect(own).toMatch(/^\S+$/);
  vi.stubEnv('SUDO_USER', own);
  expect(person()).toBe(own);
  vi.stubEnv('SUDO_USER', 'taro');
  expect(person()).toBe(`taro (as ${own})`);
});

test('the revision of the repository, or none', async () => {
  expect(await repositoryRevision(join(import.meta.dirname, '../..'))).toMatch(/^[0-9a-f]{40}(-dirty)?$/);
  expect(await repositoryRevision(temporaryFolder())).toBeNull();
  expect(await repositoryRevision('/nonexistent')).toBeNull();
});
