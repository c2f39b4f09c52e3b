import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { LONGEST_STATEMENT, readScript } from '../../lib/sql/script-reader.ts';
import { readTeamScript } from '../../lib/sql/team-script.ts';
import { TYPESCRIPT } from '../helpers/scratch.ts';
import { seededRandom, temporaryFolder, thrownBy } from './support.ts';

interface Read {
  readonly sql: string[];
  readonly data: Buffer[];
}

async function read(bytes: Buffer, size = bytes.length || 1): Promise<Read> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
  const found: Read = { sql: [], data: [] };
  const onCommand = (command: string, line: number): never => {
    throw new Error(`line ${line}: ${command}`);
  };
  for await (const { statement, data } of readScript(Readable.from(pieces), { onCommand })) {
    found.sql.push(statement.sql);
    if (!data) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of data) chunks.push(chunk);
    found.data.push(Buffer.concat(chunks));
  }
  return found;
}

test('a mark of the encoding is left out in front of all, and a character anywhere else', async () => {
  for (const size of [1, 2, 3, 1000]) {
    const { sql, data } = await read(
      Buffer.from(`\uFEFFSELECT '\n\uFEFFa';\nCOPY t FROM stdin;\n\uFEFF1\n\uFEFF2\n\\.\n\uFEFF;`),
      size,
    );
    expect(sql).toEqual([`SELECT '\n\uFEFFa';`, 'COPY t FROM stdin;', '\uFEFF;']);
    expect(data.map(String)).toEqual(['\uFEFF1\n\uFEFF2\n']);
  }
});

test('of 1,000 scripts with odd bytes each comes out byte for byte, in pieces of any size', async () => {
  const { pick, several, below } = seededRandom(11);
  const odd = [
    '\uFEFF',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u00A0',
    '\r',
    '\r\n',
    '\n',
    '\t',
    '\v',
    '\f',
    '日本',
    '😀',
    ' ',
    'a',
  ];
  const wrong: unknown[] = [];
  for (let round = 0; round < 1000; round++) {
    const expected: Read = { sql: [], data: [] };
    let script = '';
    for (let part = 0; part <= below(5); part++) {
      const text = several(8, () => pick(odd)).join('');
      if (below(3) > 0) {
        const sql = pick([
          `SELECT '${text}';`,
          `SELECT $$${text}$$;`,
          `SELECT "x${text}";`,
          `SELECT /*${text}*/ 1;`,
        ]);
        expected.sql.push(sql);
        script += `${sql}\n`;
      } else {
        const data = several(4, () => `${several(6, () => pick([...odd, '\\.', '\\N'])).join('')}x\n`).join(
          '',
        );
        const rows = data.replaceAll(/^\\\.\r?$/gm, 'y');
        expected.sql.push('COPY t FROM stdin;');
        expected.data.push(Buffer.from(rows));
        script += `COPY t FROM stdin;\n${rows}\\.\n`;
      }
    }
    const found = await read(Buffer.from(script), 1 + below(9));
    const same = JSON.stringify(found) === JSON.stringify(expected);
    if (!same) wrong.push({ script, found, expected });
  }
  expect(wrong.slice(0, 2)).toEqual([]);
});

test.each<[what: string, bytes: Buffer, why: string]>([
  [
    'a zero byte in SQL',
    Buffer.from("SELECT 1;\n\nSELECT '\0';"),
    'line 3: it is not text: it holds a zero byte',
  ],
  ['one in data', Buffer.from('COPY t FROM stdin;\n1\n2\0\n\\.\n'), 'line 3: it holds a zero byte'],
  ['no UTF-8 in SQL', Buffer.from("SELECT 1;\nSELECT '\xe9';", 'latin1'), 'line 2: it is not text in UTF-8'],
  [
    'no UTF-8 in data',
    Buffer.from('COPY t FROM stdin;\n1\n\xe9\n\\.\n', 'latin1'),
    'line 3: its data are not text in UTF-8',
  ],
  [
    'half a character at the end of data',
    Buffer.from('COPY t FROM stdin;\n\xe9\\.\n\\.\n', 'latin1'),
    'line 2: its data',
  ],
  [
    'a second command behind \\set ON_ERROR_STOP',
    Buffer.from('\\set ON_ERROR_STOP on \\c x'),
    'line 1: \\set',
  ],
])('%s is an error with its place', async (_what, bytes, why) => {
  for (const size of [1, 3, 1000]) await expect(read(bytes, size)).rejects.toThrow(why);
});

test('a comment ends where the server ends it: at a carriage return as well', async () => {
  expect((await read(Buffer.from('-- a\rCOPY t FROM stdin;\n1\n\\.\nSELECT 2;'))).sql).toEqual([
    '-- a\rCOPY t FROM stdin;',
    'SELECT 2;',
  ]);
});

test('a script of the team is a file of text, and no longer than anybody writes it', () => {
  const folder = temporaryFolder({
    'roles.sql': '\uFEFFSELECT 1;',
    'zero.sql': 'a\0',
    'latin.sql': Buffer.from([0xe9]),
  });
  expect(readTeamScript(join(folder, 'roles.sql'))).toBe('SELECT 1;');
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(join(folder, 'long.sql'), '');
  truncateSync(join(folder, 'long.sql'), 1e12);
  const why = ['none.sql', 'zero.sql', 'latin.sql', 'pipe', 'long.sql', '.'].map(
    (name) => thrownBy(() => readTeamScript(join(folder, name))).message,
  );
  expect(why).toEqual([
    expect.stringContaining('no such file'),
    expect.stringContaining('zero byte'),
    expect.stringContaining('not text in UTF-8'),
    expect.stringContaining('a pipe'),
    expect.stringContaining('long.sql'),
    expect.stringContaining('a folder'),
  ]);
});

describe('however large or broken, a file has a verdict within 10 s of a processor and 300 MB:', () => {
  const MEGABYTE = 1024 ** 2;
  /** Members of a compressed file, one behind the other, are one file. */
  const repeated = (piece: string, megabytes: number): Buffer => {
    const member = gzipSync(piece.repeat(Math.ceil((8 * MEGABYTE) / piece.length)), { level: 1 });
    return Buffer.concat(Array.from({ length: Math.ceil(megabytes / 8) }, () => member));
  };
  const PROGRAM = `
    const { inspectDump } = require(${JSON.stringify(join(import.meta.dirname, '../../lib/dump/read/inspect-dump.ts'))});
    const [path, parameter] = process.argv.slice(-2);
    const before = process.cpuUsage();
    const otherCommand = () => { throw new Error('a command'); };
    inspectDump('it', path, { parameter, otherCommand }).then(() => 'whole', (error) => error.message).then((said) => {
      const { user, system } = process.cpuUsage(before);
      const megabytes = process.resourceUsage().maxRSS / 1024;
      console.log(JSON.stringify({ said, seconds: (user + system) / 1e6, megabytes }));
    });`;

  const files: [what: string, make: (path: string) => void, why: RegExp][] = [
    [
      '40 GB of nothing',
      (path) => (writeFileSync(path, ''), truncateSync(path, 40e9)),
      /nothing but zero bytes/,
    ],
    [
      '40 GB of nothing behind COPY',
      (path) => (writeFileSync(path, 'COPY t FROM stdin;\n1\n'), truncateSync(path, 40e9)),
      /line 3: it holds a zero byte/,
    ],
    [
      'a literal of 1.5 GB, compressed',
      (path) => writeFileSync(path, Buffer.concat([gzipSync("SELECT '"), repeated('x', 1500)])),
      /line 1: a statement of more than 32 MB/,
    ],
    [
      'one of many lines',
      (path) =>
        writeFileSync(path, Buffer.concat([gzipSync("SELECT 1;\nSELECT '"), repeated('日本\n', 1500)])),
      /line 2: a statement of more than 32 MB/,
    ],
    [
      'an endless line',
      (path) => writeFileSync(path, 'a '.repeat(40 * MEGABYTE)),
      /line 1: a statement of more/,
    ],
    [
      'brackets in brackets',
      (path) => writeFileSync(path, `SELECT ${'('.repeat(8 * MEGABYTE)}`),
      /in the middle of a statement/,
    ],
    [
      'comments in comments',
      (path) => writeFileSync(path, '/*'.repeat(8 * MEGABYTE)),
      /in the middle of a statement/,
    ],
    [
      'an escape string without an end',
      (path) => writeFileSync(path, `SELECT E'${"\\'".repeat(8 * MEGABYTE)}`),
      /middle/,
    ],
    [
      'an archive that says that the name of its database has 2 GB',
      (path) => {
        const head = Buffer.from('PGDMP\x01\x0e\x00\x04\x08\x01', 'latin1');
        const integers = Buffer.alloc(8 * 5);
        const length = Buffer.from([0, 0xff, 0xff, 0xff, 0x7f]);
        writeFileSync(path, Buffer.concat([head, integers, length]));
        truncateSync(path, 40e9);
      },
      /its table of contents is too long/,
    ],
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), /it is no file/],
    ['a folder', (path) => void mkdirSync(path), /a folder without toc\.dat/],
  ];

  test.each(files)('%s', (what, make, why) => {
    const path = join(temporaryFolder(), 'it');
    make(path);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', TYPESCRIPT, '-e', PROGRAM, path, what.includes('archive') ? 'DUMP' : 'SQL'],
      { encoding: 'utf8', cwd: join(import.meta.dirname, '../..') },
    );
    expect(stderr).toBe('');
    const { said, seconds, megabytes } = JSON.parse(stdout) as {
      said: string;
      seconds: number;
      megabytes: number;
    };
    expect(said).toMatch(why);
    expect(megabytes).toBeLessThan(300);
    expect(seconds).toBeLessThan(10);
  });

  test('comments and empty lines without end are read on, and not kept', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      const piece = Buffer.from('-- comment\n\n'.repeat(100_000));
      for (let count = 0; count < 8; count++) yield await Promise.resolve(piece);
      yield Buffer.from('SELECT 1;');
    };
    const before = process.memoryUsage().rss;
    const found: string[] = [];
    for await (const { statement } of readScript(source(), { onCommand: () => {} }))
      found.push(statement.sql);
    expect(found).toHaveLength(1);
    expect(found[0]!.length).toBeLessThan(100_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MEGABYTE);
    expect(LONGEST_STATEMENT).toBe(32 * MEGABYTE);
  });
});
