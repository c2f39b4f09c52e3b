import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { DatabaseServer } from './database-server.ts';

/** Dumps as they are met in the world, made here, each with what a restore of it has to end in. */

/** What is in the database that they are of; every restore meets the same, so that what is missing would be a loss. */
export const SOURCE = `
  DO $$ BEGIN CREATE ROLE world_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
  CREATE SCHEMA shop;
  CREATE TABLE shop.items (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price numeric(10,2));
  INSERT INTO shop.items (name, price) SELECT E'item;\\t' || g || E'\\\\.\\n''$$', g / 3.0 FROM generate_series(1, 500) g;
  CREATE TABLE shop.orders (item bigint REFERENCES shop.items, at timestamptz DEFAULT now(), bytes bytea);
  INSERT INTO shop.orders SELECT g, '2025-01-01 00:00+09'::timestamptz + g * interval '1 hour', sha256(g::text::bytea) FROM generate_series(1, 200) g;
  CREATE TABLE public.notes (t text); INSERT INTO public.notes VALUES ('a'), (NULL), ('\\N');
  CREATE INDEX ON shop.items (lower(name)); CREATE VIEW shop.dear AS SELECT * FROM shop.items WHERE price > 100;
  CREATE MATERIALIZED VIEW shop.counted AS SELECT count(*) AS n FROM shop.orders;
  CREATE FUNCTION shop.secret() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION shop.secret() FROM PUBLIC;
  CREATE FUNCTION shop.touched() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.name := NEW.name; RETURN NEW; END; $f$;
  CREATE TRIGGER touched BEFORE INSERT ON shop.items FOR EACH ROW EXECUTE FUNCTION shop.touched();
  CREATE POLICY p ON shop.items TO world_owner USING (true); GRANT SELECT ON shop.items TO world_owner;
  ALTER TABLE public.notes OWNER TO world_owner; COMMENT ON TABLE shop.items IS 'it''s; what is sold'; CREATE EXTENSION hstore;
  SELECT lo_from_bytea(4711, 'large');`;

/** `rows`: as in the source; `empty`: there, without any; `absent`: not there. */
export type Table = 'rows' | 'empty' | 'absent';
export type Outcome =
  | { readonly items: Table; readonly orders: Table; readonly notes: Table; readonly said?: RegExp }
  | { readonly refused: RegExp };

export interface WorldDump {
  readonly what: string;
  /** Makes it, and says where: a file or a folder. */
  readonly make: () => Promise<string>;
  readonly outcome: Outcome;
}

const WHOLE = { items: 'rows', orders: 'rows', notes: 'rows' } as const;
const SCHEMA = { items: 'empty', orders: 'empty', notes: 'empty' } as const;
const SHOP = { items: 'rows', orders: 'rows', notes: 'absent' } as const;
const LEFT_OUT = /owners and privileges are those of [^]*left out of the dump/;
const NEWER = { refused: /is of a newer server: PostgreSQL \d+[^]*restore it on a server of version \d+/ };
const DATA_ONLY = /holds data only, and makes no table/;

const OPTIONS: readonly [options: string, outcome: Outcome][] = [
  ['', { ...WHOLE, said: LEFT_OUT }],
  ['--clean', WHOLE],
  ['--clean --if-exists', WHOLE],
  ['--create', WHOLE],
  ['--clean --create', WHOLE],
  ['--inserts', WHOLE],
  ['--column-inserts --rows-per-insert=50', WHOLE],
  ['-n shop', SHOP],
  ['-N shop', { items: 'absent', orders: 'absent', notes: 'rows' }],
  // Its trigger calls a function that is not in it: with ALLOW=less it stops at that.
  ['-t shop.items', { refused: /brings less than it replaces/ }],
  ['-t shop.dear -t public.notes', { refused: /shop\.items/ }],
  ['-t public.notes', { items: 'absent', orders: 'absent', notes: 'rows' }],
  ['-a', { refused: DATA_ONLY }],
  ['-a --inserts', { refused: DATA_ONLY }],
  ['-s', SCHEMA],
  ['--section=pre-data', SCHEMA],
  ['--section=data', { refused: DATA_ONLY }],
  ['--no-owner', WHOLE],
  ['--no-acl', WHOLE],
  ['--no-owner --no-acl --no-comments', WHOLE],
  ['--quote-all-identifiers', WHOLE],
  ['--disable-dollar-quoting', WHOLE],
  ['--use-set-session-authorization', WHOLE],
  ['--exclude-table-data=shop.orders', { items: 'rows', orders: 'empty', notes: 'rows' }],
  ['--encoding=LATIN1', WHOLE],
  ['--encoding=EUC_JP', WHOLE],
  ['--encoding=SJIS', WHOLE],
];

/** In plain text iconv has to be asked: that is said. */
const OTHER_ENCODING = /it is encoded in \w+, not in UTF8[^]*iconv -f/;

/** Of the release that most things are tried with. */
const USUAL = '17';
/** Of the release whose own pg_dump is on the machine. */
const PROGRAM = '15';

/**
 * The dumps, none of which is made before it is wanted.
 *
 * @param serverOf starts the server of a release, with a superuser and without a database `world`
 * @param releases that there are servers of: 15 and 17 among them
 * @param folder that they are written into
 */
export function worldDumps(
  serverOf: (release: string) => Promise<DatabaseServer>,
  releases: readonly string[],
  folder: string,
): WorldDump[] {
  const found: WorldDump[] = [];
  const filled = new Map<string, Promise<DatabaseServer>>();
  const sourceOf = (release: string): Promise<DatabaseServer> => {
    const known = filled.get(release);
    if (known) return known;
    const server = serverOf(release).then(async (one) => {
      await one.create('world', SOURCE);
      return one;
    });
    filled.set(release, server);
    return server;
  };
  const file = (name: string, bytes: Buffer | string): string => {
    const path = join(folder, name.replaceAll(/[^\w.]+/g, '_'));
    writeFileSync(path, bytes);
    return path;
  };
  const dumped = async (release: string, format: string, options: string): Promise<Buffer> => {
    const server = await sourceOf(release);
    const output = new PassThrough();
    const words = options.split(' ').filter(Boolean);
    const [{ status, stderr }, bytes] = await Promise.all([
      server.dump('world', [`--format=${format}`, ...words], output),
      buffer(output),
    ]);
    if (status !== 0) throw new Error(`${options}: ${stderr}`);
    return bytes;
  };
  for (const release of releases) {
    for (const [options, outcome] of release === USUAL ? OPTIONS : OPTIONS.slice(0, 5)) {
      for (const format of ['plain', 'custom']) {
        const isOther = format === 'plain' && options.startsWith('--encoding');
        found.push({
          what: `pg_dump 18 of ${release}, ${format} ${options}`,
          make: async () => file(`${release} ${options}.${format}`, await dumped(release, format, options)),
          outcome: Number(release) > Number(USUAL) ? NEWER : isOther ? { refused: OTHER_ENCODING } : outcome,
        });
      }
    }
  }
  const add = (
    what: string,
    format: 'plain' | 'custom' | 'nothing',
    change: (bytes: Buffer) => Buffer | string,
    outcome: Outcome,
  ): void => {
    const make = async (): Promise<string> =>
      file(what, change(format === 'nothing' ? Buffer.alloc(0) : await dumped(USUAL, format, '')));
    found.push({ what, make, outcome });
  };
  const edit = (what: string, change: (text: string) => Buffer | string, outcome: Outcome): void =>
    add(what, 'plain', (bytes) => change(bytes.toString()), outcome);
  add('plain, gzip', 'plain', (bytes) => gzipSync(bytes), WHOLE);
  add('custom, gzip', 'custom', (bytes) => gzipSync(bytes), WHOLE);
  edit('plain with a mark of UTF-8', (text) => `\uFEFF${text}`, WHOLE);
  edit(
    'plain in UTF-16',
    (text) => Buffer.concat([Buffer.from('fffe', 'hex'), Buffer.from(text, 'utf16le')]),
    {
      refused: /text in UTF-16[^]*iconv/,
    },
  );
  add('plain, cut in the middle', 'plain', (bytes) => bytes.subarray(0, bytes.length / 2), {
    refused: /it is cut/,
  });
  edit('plain, its last line cut', (text) => text.replace(/-- PostgreSQL database dump complete[^]*/, ''), {
    refused: /it is cut/,
  });
  add('custom, cut', 'custom', (bytes) => bytes.subarray(0, bytes.length * 0.9), { refused: /it is cut/ });
  add(
    'custom, a byte changed',
    'custom',
    (bytes) => bytes.fill(bytes.at(-500)! ^ 0xff, bytes.length - 500, bytes.length - 499),
    {
      refused: /damaged|not what|is cut|not known|checksum/,
    },
  );
  edit(
    'of a whole server',
    (text) => `--\n-- PostgreSQL database cluster dump\n--\n\\connect template1\n${text}`,
    {
      refused: /a dump of a whole server \(pg_dumpall\)/,
    },
  );
  edit('hand-edited: a table taken out', (text) => text.replace(/COPY shop\.orders [^]*?\n\\\.\n/, ''), {
    items: 'rows',
    orders: 'empty',
    notes: 'rows',
  });
  edit(
    'hand-edited: a tablespace, settings of others and a role that is not here',
    (text) =>
      text
        .replace(
          'SET client_encoding',
          'SET default_tablespace = fast_ssd;\nSET later_timeout = 0;\nCREATE SCHEMA public;\nSET client_encoding',
        )
        .replaceAll('TO world_owner', 'TO nobody_here'),
    { ...WHOLE, said: /left out, none of which the data need/ },
  );
  edit(
    'hand-edited: a row that breaks a key',
    (text) =>
      text.replace(
        '-- PostgreSQL database dump complete',
        'INSERT INTO shop.orders VALUES (99999);\n-- PostgreSQL database dump complete',
      ),
    {
      refused: /violates foreign key constraint[^]*the old database \S+ is in use, unchanged/,
    },
  );
  add('MySQL', 'nothing', () => '-- MySQL dump 10.13\nDROP TABLE IF EXISTS `t`;\n', {
    refused: /a dump of MySQL/,
  });
  add('a login page', 'nothing', () => '<!DOCTYPE html><html></html>', { refused: /a web page/ });
  add('empty', 'nothing', () => '', { refused: /it is empty/ });
  add('zstd as a whole', 'nothing', () => Buffer.from('28b52ffd00', 'hex'), { refused: /zstd -d / });
  edit('with CR LF', (text) => text.replaceAll('\n', '\r\n'), WHOLE);
  return [...found, ...programDumps(() => sourceOf(PROGRAM), folder)];
}

/** By pg_dump of the machine, where there is one of the server's release. */
function programDumps(server: () => Promise<DatabaseServer>, folder: string): WorldDump[] {
  const program = `/usr/lib/postgresql/${PROGRAM}/bin/pg_dump`;
  if (spawnSync(program, ['--version']).status !== 0) {
    console.log(`without the dumps of pg_dump ${PROGRAM}: .ci/install-programs installs it on Debian 12`);
    return [];
  }
  const dump = async (name: string, options: readonly string[]): Promise<string> => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    const url = (await server()).url('world');
    run(program, ...options, '-f', path, url);
    return path;
  };
  const unpacked = async (): Promise<string> => {
    const tar = await dump('program.packed', ['-Ft']);
    const path = join(folder, 'program.unpacked');
    mkdirSync(path);
    run('tar', '-xf', tar, '-C', path);
    return path;
  };
  const found = (
    [
      ['program.plain', WHOLE, '-Fp'],
      ['program.custom', WHOLE, '-Fc'],
      ['program.folder', WHOLE, '-Fd'],
      ['program.folder2', WHOLE, '-Fd', '-j2', '-Z0'],
      ['program.tar', { refused: /a dump in tar format[^]*tar -xf/ }, '-Ft'],
    ] as const
  ).map(([name, outcome, ...options]) => ({
    what: `pg_dump ${PROGRAM} of ${PROGRAM}, ${options.join(' ')}`,
    make: () => dump(name, options),
    outcome,
  }));
  return [...found, { what: 'that in tar format, unpacked', make: unpacked, outcome: WHOLE }];
}

function run(file: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
