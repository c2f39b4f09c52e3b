import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runPsql, scriptErrors } from '../../lib/stack/compose/connection/psql.ts';
import { PlayedEngine } from '../helpers/played-engine.ts';
import { recordingTerminal, temporaryFolder } from './support.ts';

test.each<[what: string, stderr: string, expected: [line: number, message: string][]]>([
  ['nothing', '', []],
  [
    'errors with line numbers',
    'psql:<stdin>:3: ERROR:  role "x" does not exist\npsql:<stdin>:12: ERROR:  permission denied for schema mart\n',
    [
      [3, 'role "x" does not exist'],
      [12, 'permission denied for schema mart'],
    ],
  ],
  [
    'what belongs to an error',
    [
      'psql:<stdin>:7: ERROR:  syntax error at or near "GRNAT"',
      'LINE 1: GRNAT SELECT ON ALL TABLES;',
      '        ^',
      'psql:<stdin>:9: ERROR:  x',
      'DETAIL:  y',
      'HINT:  z',
      '',
    ].join('\n'),
    [
      [7, 'syntax error at or near "GRNAT"\nLINE 1: GRNAT SELECT ON ALL TABLES;\n        ^'],
      [9, 'x\nDETAIL:  y\nHINT:  z'],
    ],
  ],
  [
    'notices and warnings are none, nor what belongs to them',
    [
      'psql:<stdin>:1: NOTICE:  role "app_readonly" exists',
      'DETAIL:  ERROR:  not one',
      'psql:<stdin>:2: WARNING:  no privileges were granted for "x"',
      'psql:<stdin>:3: ERROR:  one',
      'psql:<stdin>:4: NOTICE:  after',
      'CONTEXT:  of the notice',
    ].join('\n'),
    [[3, 'one']],
  ],
  ['a message of several lines', 'psql:<stdin>:3: ERROR:  first\n\nsecond\n', [[3, 'first\nsecond']]],
  [
    'psql itself',
    'psql:<stdin>:5: error: invalid command \\foo\npsql:<stdin>:6: error: \\connect: no\n',
    [
      [5, 'invalid command \\foo'],
      [6, '\\connect: no'],
    ],
  ],
  [
    'the connection is lost',
    [
      'psql:<stdin>:2: FATAL:  terminating connection due to administrator command',
      'psql:<stdin>:2: server closed the connection unexpectedly',
      'psql:<stdin>:2: error: connection to server was lost',
    ].join('\n'),
    [
      [
        2,
        'terminating connection due to administrator command\n' +
          'psql:<stdin>:2: server closed the connection unexpectedly',
      ],
      [2, 'connection to server was lost'],
    ],
  ],
  ['no statement', 'psql: error: connection to server on socket failed: FATAL:  no\n', []],
  [
    'an error in an included file',
    'psql:/tmp/grants.sql:4: ERROR:  relation "x" does not exist\n',
    [[4, 'relation "x" does not exist']],
  ],
  ['an error without words', 'psql:<stdin>:1: ERROR:  \n', [[1, '']]],
])('%s', (_what, stderr, expected) => {
  expect(scriptErrors(stderr).map(({ line, message }) => [line, message])).toEqual(expected);
});

describe('a script that something must allow', () => {
  const run = async (allowed: Promise<void>): Promise<{ folder: string; ended: Promise<unknown> }> => {
    allowed.catch(() => {});
    const folder = temporaryFolder({ 'roles.sql': 'GRANT' });
    // A psql that notes what it is given.
    writeFileSync(join(folder, 'psql'), `#!/bin/sh\ncat > '${folder}/log'`, { mode: 0o755 });
    const played = new PlayedEngine(join(folder, 'socket'), folder);
    onTestFinished(() => played.stop());
    const settings = { name: 'core', user: 'app', password: '', from: 'loopback' } as const;
    const { terminal } = recordingTerminal();
    const engine = await played.start();
    return {
      folder,
      ended: runPsql(engine, 'here', settings, join(folder, 'roles.sql'), terminal, allowed),
    };
  };
  const log = (folder: string): string | undefined => {
    const file = join(folder, 'log');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };

  test('psql is started, and gets it, once it is', async () => {
    let allow!: () => void;
    const { folder, ended } = await run(new Promise((resolve) => (allow = resolve)));
    await setTimeout(200);
    expect(log(folder)).toBeUndefined();
    allow();
    expect(await ended).toEqual([]);
    expect(log(folder)).toBe('GRANT');
  });

  test('nothing of it is run where that fails, and the failure is what is said', async () => {
    const { folder, ended } = await run(Promise.reject(new Error('marked for vm_prod')));
    await expect(ended).rejects.toThrow('marked for vm_prod');
    expect(log(folder)).toBeUndefined();
  });
});
