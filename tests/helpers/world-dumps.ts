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

/**
 * @param servers of one release each, with a superuser
 * @param folder that they are written into
 */
export async function worldDumps(
  servers: Readonly<Record<string, DatabaseServer>>,
  folder: string,
): Promise<WorldDump[]> {
  const found: WorldDump[] = [];
  const file = (name: string, bytes: Buffer | string): string => {
    const path = join(folder, name.replaceAll(/[^\w.]+/g, '_'));
    writeFileSync(path, bytes);
    return path;
  };
  const dumped = async (server: DatabaseServer, format: string, options: string): Promise<Buffer> => {
    const output = new PassThrough();
    const words = options.split(' ').filter(Boolean);
    const [{ status, stderr }, bytes] = await Promise.all([
      server.dump('world', [`--format=${format}`, ...words], output),
      buffer(output),
    ]);
    if (status !== 0) throw new Error(`${options}: ${stderr}`);
    return bytes;
  };
  for (const [release, server] of Object.entries(servers)) {
    await server.create('world', SOURCE);
    for (const [options, outcome] of release === '17' ? OPTIONS : OPTIONS.slice(0, 1)) {
      for (const format of ['plain', 'custom']) {
        const isOther = format === 'plain' && options.startsWith('--encoding');
        found.push({
          what: `pg_dump 18 of ${release}, ${format} ${options}`,
          make: async () => file(`${release} ${options}.${format}`, await dumped(server, format, options)),
          outcome: isOther ? { refused: OTHER_ENCODING } : outcome,
        });
      }
    }
  }
  const plain = await dumped(servers['17']!, 'plain', '');
  const custom = await dumped(servers['17']!, 'custom', '');
  const add = (what: string, bytes: Buffer | string, outcome: Outcome): void =>
    void found.push({ what, make: () => Promise.resolve(file(what, bytes)), outcome });
  const text = plain.toString();
  add('plain, gzip', gzipSync(plain), WHOLE);
  add('custom, gzip', gzipSync(custom), WHOLE);
  add('plain with a mark of UTF-8', `\uFEFF${text}`, WHOLE);
  add('plain in UTF-16', Buffer.concat([Buffer.from('fffe', 'hex'), Buffer.from(text, 'utf16le')]), {
    refused: /text in UTF-16[^]*iconv/,
  });
  add('plain, cut in the middle', plain.subarray(0, plain.length / 2), { refused: /it is cut/ });
  add('plain, its last line cut', text.replace(/-- PostgreSQL database dump complete[^]*/, ''), {
    refused: /it is cut/,
  });
  add('custom, cut', custom.subarray(0, custom.length * 0.9), { refused: /it is cut/ });
  add(
    'custom, a byte changed',
    Buffer.from(custom).fill(custom[custom.length - 500]! ^ 0xff, custom.length - 500, custom.length - 499),
    {
      refused: /damaged|not what|is cut|not known|checksum/,
    },
  );
  add('of a whole server', `--\n-- PostgreSQL database cluster dump\n--\n\\connect template1\n${text}`, {
    refused: /a dump of a whole server \(pg_dumpall\)/,
  });
  add('hand-edited: a table taken out', text.replace(/COPY shop\.orders [^]*?\n\\\.\n/, ''), {
    items: 'rows',
    orders: 'empty',
    notes: 'rows',
  });
  add(
    'hand-edited: a tablespace, settings of others and a role that is not here',
    text
      .replace(
        'SET client_encoding',
        'SET default_tablespace = fast_ssd;\nSET later_timeout = 0;\nCREATE SCHEMA public;\nSET client_encoding',
      )
      .replaceAll('TO world_owner', 'TO nobody_here'),
    { ...WHOLE, said: /left out, none of which the data need/ },
  );
  add(
    'hand-edited: a row that breaks a key',
    text.replace(
      '-- PostgreSQL database dump complete',
      'INSERT INTO shop.orders VALUES (99999);\n-- PostgreSQL database dump complete',
    ),
    {
      refused: /violates foreign key constraint[^]*the old database \S+ is in use, unchanged/,
    },
  );
  add('MySQL', '-- MySQL dump 10.13\nDROP TABLE IF EXISTS `t`;\n', { refused: /a dump of MySQL/ });
  add('a login page', '<!DOCTYPE html><html></html>', { refused: /a web page/ });
  add('empty', '', { refused: /it is empty/ });
  add('zstd as a whole', Buffer.from('28b52ffd00', 'hex'), { refused: /zstd -d / });
  add('with CR LF', text.replaceAll('\n', '\r\n'), WHOLE);
  return [...found, ...(await programDumps(servers['15'], folder))];
}

/** By pg_dump of the machine, where there is one of the server's release. */
function programDumps(server: DatabaseServer | undefined, folder: string): Promise<WorldDump[]> {
  const program = '/usr/lib/postgresql/15/bin/pg_dump';
  if (!server) return Promise.resolve([]);
  if (spawnSync(program, ['--version']).status !== 0) {
    console.log('without the dumps of pg_dump 15: .ci/install-programs installs it on Debian 12');
    return Promise.resolve([]);
  }
  const found: WorldDump[] = [];
  const dump = (name: string, outcome: Outcome, ...options: string[]): void => {
    const path = join(folder, name);
    const { status, stderr } = spawnSync(program, [...options, '-f', path, server.url('world')], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    found.push({
      what: `pg_dump 15 of 15, ${options.join(' ')}`,
      make: () => Promise.resolve(path),
      outcome,
    });
  };
  mkdirSync(folder, { recursive: true });
  dump('program.plain', WHOLE, '-Fp');
  dump('program.custom', WHOLE, '-Fc');
  dump('program.folder', WHOLE, '-Fd');
  dump('program.folder2', WHOLE, '-Fd', '-j2', '-Z0');
  dump('program.tar', { refused: /a dump in tar format[^]*tar -xf/ }, '-Ft');
  const unpacked = join(folder, 'program.unpacked');
  mkdirSync(unpacked);
  spawnSync('tar', ['-xf', join(folder, 'program.tar'), '-C', unpacked]);
  found.push({ what: 'that in tar format, unpacked', make: () => Promise.resolve(unpacked), outcome: WHOLE });
  return Promise.resolve(found);
}
