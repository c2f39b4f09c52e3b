import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { chooseBackup } from '../../lib/rehearsal/choose-backup.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import type { StackRun } from '../../lib/run/run.ts';
import { temporaryFolder } from './support.ts';

interface Kept {
  /** Of the day. */
  readonly hour: number;
  readonly environment?: string;
  /** What its last drill has found, if there was one. */
  readonly proven?: boolean;
  /** Another dump than the facts beside it say. */
  readonly broken?: true;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A folder with backups that hold their own names. */
const folderOf = (all: Readonly<Record<string, Kept>>): string =>
  temporaryFolder(
    Object.fromEntries(
      Object.entries(all).flatMap(([name, { hour, environment = 'vm_prod', proven, broken }]) => {
        const time = `2026-11-29T${String(hour).padStart(2, '0')}:00:00.000Z`;
        const facts = {
          ...{
            environment,
            database: 'core',
            databaseOid: '1',
            systemIdentifier: null,
            serverVersion: '17.2',
          },
          ...{ revisions: [], format: 'custom', tables: 1, databaseSize: 1, time },
          ...{ size: name.length, sha256: sha256(name) },
        };
        const drill = {
          format: 1,
          time,
          on: 'vm_stg',
          serverVersion: '17.2',
          sha256: sha256(name),
          proven,
          checks: [],
        };
        return [
          [`${name}.dump`, broken ? 'x'.repeat(name.length) : name],
          [`${name}.dump.json`, JSON.stringify(facts)],
          ...(proven === undefined ? [] : [[`${name}.dump.drill.json`, JSON.stringify(drill)]]),
        ] as [string, string][];
      }),
    ),
  );

const sink = { write: () => true };
const RUN = {
  environment: { name: 'vm_prod' },
  terminal: new Terminal(sink, sink, {}),
  signal: new AbortController().signal,
  command: (task: string, parameters: object) => `make ${task} ${JSON.stringify(parameters)}`,
} as unknown as StackRun;

test.each<[what: string, all: Readonly<Record<string, Kept>>, file: string, drilled: boolean | undefined]>([
  ['the newest proven one, before a newer one', { a: { hour: 1, proven: true }, b: { hour: 2 } }, 'a', true],
  [
    'the newest of several that are proven',
    { a: { hour: 1, proven: true }, b: { hour: 3, proven: true }, c: { hour: 2, proven: true } },
    'b',
    true,
  ],
  ['the newest, where none is proven', { a: { hour: 1 }, b: { hour: 2 } }, 'b', undefined],
  [
    'not one with which a drill has failed',
    { a: { hour: 1 }, b: { hour: 2, proven: false } },
    'a',
    undefined,
  ],
  ['that one, where there is no other', { a: { hour: 1, proven: false } }, 'a', false],
  ['one that is whole', { a: { hour: 1 }, b: { hour: 2, proven: true, broken: true } }, 'a', undefined],
  ['one of its own', { a: { hour: 1 }, b: { hour: 2, environment: 'vm_stg', proven: true } }, 'a', undefined],
])('%s', async (_what, all, file, drilled) => {
  const chosen = await chooseBackup(RUN, folderOf(all));
  expect([basename(chosen.file), chosen.drilled]).toEqual([`${file}.dump`, drilled]);
});

test('only damaged ones: refused with the line that takes one', async () => {
  await expect(chooseBackup(RUN, folderOf({ a: { hour: 1, broken: true } }))).rejects.toMatchObject({
    status: 77,
    message: expect.stringMatching(
      /^no backup of vm_prod is what it was when it was taken: .*a\.dump$/,
    ) as string,
    hint: 'make backup {"ENV":"vm_prod"}',
  });
});
