/** Recognises files that are no dump that makesafe can restore, and says how to get one. Pure: no I/O. */

export interface OtherKind {
  /** Completes the sentence "it is …". */
  readonly what: string;
  /** What the person has to do, if no command can do it. */
  readonly advice?: string;
  /** The commands that create a file or folder `to` that makesafe can restore. */
  readonly convert?: (from: string) => {
    readonly commands: readonly (readonly string[])[];
    readonly to: string;
  };
}

interface Row extends OtherKind {
  readonly test: (head: Buffer, text: string) => boolean;
}

const begins =
  (...bytes: number[]) =>
  (head: Buffer): boolean =>
    bytes.every((byte, at) => head[at] === byte);
const says =
  (form: RegExp) =>
  (_head: Buffer, text: string): boolean =>
    form.test(text);

/** `x.dump.gpg` → `x.dump`; a name without the suffix gets `.plain`. */
const without = (name: string, suffix: RegExp): string => {
  const bare = name.replace(suffix, '');
  return bare === name ? `${name}.plain` : bare;
};
const into =
  (suffix: RegExp, ...words: ((from: string, to: string) => readonly string[])[]) =>
  (from: string): ReturnType<NonNullable<OtherKind['convert']>> => {
    const to = without(from, suffix);
    return { commands: words.map((of) => of(from, to)), to };
  };

const shell = (text: string, from: string, to: string): readonly string[] => [
  'sh',
  '-c',
  text,
  'sh',
  from,
  to,
];

/** Whether it is a tar file, and the name of its first member. */
const isTar = (head: Buffer): boolean => head.toString('latin1', 257, 262) === 'ustar';
const member = (head: Buffer): string => head.toString('latin1', 0, Math.max(0, head.indexOf(0)));

const ROWS: readonly Row[] = [
  {
    test: (head) => member(head) === 'toc.dat',
    what: 'a dump in tar format, which is a folder once it is unpacked',
    convert: (from) => {
      const to = `${from.replace(/\.tar$/, '')}.folder`;
      return {
        commands: [
          ['mkdir', to],
          ['tar', '-xf', from, '-C', to],
        ],
        to,
      };
    },
  },
  {
    test: (head) =>
      isTar(head) &&
      /^(?:\.\/)?(?:backup_label|tablespace_map|PG_VERSION|base|global|pg_wal)/.test(member(head)),
    what: 'a base backup of a whole server (pg_basebackup), and not a dump of a database',
    advice: 'start a server on it, and take a dump of the database there: pg_dump --format=custom',
  },
  {
    test: isTar,
    what: 'a tar archive of files, and not a dump',
    advice: 'unpack it, and name the dump that is in it: tar -tf <file> lists what is there',
  },
  {
    test: begins(0x28, 0xb5, 0x2f, 0xfd),
    what: 'compressed with zstd as a whole',
    convert: into(/\.(?:zst|zstd)$/i, (from, to) => ['zstd', '-d', from, '-o', to]),
  },
  {
    test: begins(0x04, 0x22, 0x4d, 0x18),
    what: 'compressed with lz4 as a whole',
    convert: into(/\.lz4$/i, (from, to) => ['lz4', '-d', from, to]),
  },
  {
    test: begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
    what: 'compressed with xz',
    convert: into(/\.xz$/i, (from, to) => shell('xz -dc "$1" > "$2"', from, to)),
  },
  {
    test: says(/^BZh[1-9]/),
    what: 'compressed with bzip2',
    convert: into(/\.(?:bz2|bzip2)$/i, (from, to) => shell('bzip2 -dc "$1" > "$2"', from, to)),
  },
  {
    test: begins(0x50, 0x4b, 0x03, 0x04),
    what: 'a zip archive',
    convert: into(/\.zip$/i, (from, to) => shell('unzip -p "$1" > "$2"', from, to)),
  },
  {
    test: begins(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c),
    what: 'a 7z archive',
    convert: into(/\.7z$/i, (from, to) => shell('7z x -so "$1" > "$2"', from, to)),
  },
  {
    test: (head, text) =>
      /^-----BEGIN PGP MESSAGE-----/.test(text) ||
      // OpenPGP packets (RFC 9580): a session key encrypted with a public key, or with a password.
      ((head[0] === 0x84 || head[0] === 0x85) && head[3] === 3) ||
      (head[0] === 0xc1 && (head[2] === 3 || head[3] === 3)) ||
      (head[0] === 0x8c && head[2] === 4) ||
      (head[0] === 0xc3 && head[2] === 4),
    what: 'encrypted with gpg',
    convert: into(/\.(?:gpg|pgp|asc)$/i, (from, to) => ['gpg', '--output', to, '--decrypt', from]),
  },
  {
    test: says(/^(?:age-encryption\.org\/v1|-----BEGIN AGE ENCRYPTED FILE-----)/),
    what: 'encrypted with age',
    convert: into(/\.age$/i, (from, to) => ['age', '--decrypt', '--output', to, from]),
  },
  {
    test: says(/^Salted__/),
    what: 'encrypted with openssl enc',
    advice:
      'the cipher is not in the file: give it as it was encrypted, if it was not aes-256-cbc with -pbkdf2',
    convert: into(/\.(?:enc|aes|ssl)$/i, (from, to) => [
      ...['openssl', 'enc', '-d', '-aes-256-cbc', '-pbkdf2', '-in', from, '-out', to],
    ]),
  },
  {
    test: says(/^\$ANSIBLE_VAULT;/),
    what: 'encrypted with ansible-vault',
    convert: into(/\.vault$/i, (from, to) => ['ansible-vault', 'decrypt', '--output', to, from]),
  },
  {
    test: (head) => begins(0xff, 0xfe)(head) || begins(0xfe, 0xff)(head),
    what: 'text in UTF-16, as PowerShell writes what is sent to a file with >',
    convert: into(/$^/, (from, to) => shell('iconv -f UTF-16 -t UTF-8 "$1" > "$2"', from, to)),
  },
  {
    test: (head) => head.length > 3 && head[0] !== 0 && head[1] === 0 && head[2] !== 0 && head[3] === 0,
    what: 'text in UTF-16',
    convert: into(/$^/, (from, to) => shell('iconv -f UTF-16LE -t UTF-8 "$1" > "$2"', from, to)),
  },
  {
    test: says(/^SQLite format 3\0/),
    what: 'a database of SQLite, and not of PostgreSQL',
    advice: 'pgloader copies it into an empty database; then take a dump of that',
  },
  {
    test: says(/^(?:\uFEFF)?PRAGMA foreign_keys\s*=\s*OFF;/i),
    what: 'a dump of SQLite, and not of PostgreSQL',
    advice: 'pgloader copies the SQLite database into an empty one; then take a dump of that',
  },
  {
    test: says(/^(?:\/\*M?!\d{5,6}|-- (?:MySQL|MariaDB) dump|-- phpMyAdmin SQL Dump|\/\*!999999)/i),
    what: 'a dump of MySQL or MariaDB, and not of PostgreSQL',
    advice: 'pgloader copies the MySQL database into an empty one; then take a dump of that',
  },
  {
    test: says(/^\s*(?:<!DOCTYPE html|<html|<head|<\?xml|<Error>)/i),
    what: 'a web page or the answer of a web server, and not a dump: whatever fetched it was sent an error or a login page',
    advice: 'look into it (head <file>), and fetch the dump once more',
  },
  {
    test: says(/^version https:\/\/git-lfs\.github\.com\/spec\//),
    what: 'a pointer of git-lfs to the dump, and not the dump',
    convert: (from) => ({ commands: [['git', 'lfs', 'pull', '--include', from]], to: from }),
  },
  {
    test: says(/^(?:\/?(?:\.\.\/)*\.git\/annex\/objects\/|\/annex\/objects\/)/),
    what: 'a pointer of git-annex to the dump, and not the dump',
    convert: (from) => ({ commands: [['git', 'annex', 'get', from]], to: from }),
  },
  {
    test: says(
      /^(?:pg_dump|pg_dumpall|psql|docker|Error response from daemon|Password(?: for user \S+)?:|bash:|sh:)[: ]/,
    ),
    what: 'what a program said instead of a dump',
    advice: 'look into it (head <file>), and take the dump once more, with its errors elsewhere',
  },
  {
    test: (head) => head.length > 0 && head.every((byte) => byte === 0),
    what: 'nothing but zero bytes: it was copied or written incompletely',
    advice: 'fetch or take the dump once more',
  },
];

/** Bytes that `otherKindOf` needs from the start of the file. */
export const HEAD = 1024;

/** @returns undefined if the file may be a dump or a script */
export function otherKindOf(head: Buffer): OtherKind | undefined {
  const text = head.toString('latin1');
  return ROWS.find(({ test }) => test(head, text));
}
