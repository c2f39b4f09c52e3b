import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useEmbedded } from '../helpers/embedded.ts';
import { formOf, ofOurs, partOf, QUOTED, rowsUnder, WITHOUT_ENGINE } from '../helpers/quoted.ts';

const SECRETS = 'secrets/.env.vm_stg.secrets';

/** Rows of the guide's table of messages, and the line that prints each. */
const PRINTED_BY: Readonly<Record<string, string>> = {
  'ENV=<environment> is missing: one of local_dev, local_demo, vm_stg, vm_prod': 'make db-reset-volume-env',
  'ENV="VM_STG" is not an environment; did you mean vm_stg?': 'make up ENV=VM_STG',
  'ENV=local_stg was removed; its successor is vm_stg': 'make up ENV=local_stg',
  'env is not a parameter of this task; did you mean ENV? (it takes: …)': 'make up env=vm_stg',
  'al-up works on local_dev only, and ENV is vm_stg': 'make al-up ENV=vm_stg',
  'there is no task upp': 'make upp',
  'FORCE=yes is neither 1 nor 0': 'make db-reset-db-env ENV=vm_prod FORCE=yes',
  'the container engine does not answer: …': 'make up ENV=vm_stg',
  'the configuration of vm_stg is not complete:': `rm ${SECRETS}; make up ENV=vm_stg`,
  [`${SECRETS}:1: compose reads the value of POSTGRES_PASSWORD in another way than makesafe`]: `echo 'POSTGRES_PASSWORD=pa ss#1$x' >${SECRETS}; make up ENV=vm_stg`,
  [`${SECRETS} is readable by others (mode 644): chmod 600 ${SECRETS}`]: `chmod 644 ${SECRETS}; make up ENV=vm_stg`,
};

/** Rows whose state takes more than a line to make: the test that makes it, and the words that it expects. */
const MADE_BY: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'service db of vm_stg is not running': ['e2e/readme-ja.test.ts', 'service db of vm_stg is not running'],
  'the database did not start: …': ['e2e/stack.test.ts', 'the database did not start'],
  '3 statements failed:': ['e2e/bootstrap-roles.test.ts', '3 statements failed:'],
  'revision 20251212_090000000 failed; core_stg is at …': ['e2e/stack.test.ts', 'failed; core_stg is at'],
  'the password of app_stg in … is not the one that the data was made with, …': [
    'e2e/stack.test.ts',
    'is not the one that the data was made with',
  ],
  'refused; nothing was touched': ['integration/guard-protected.test.ts', 'refused; nothing was touched'],
  'the server refuses database core_stg: database "core_stg" does not exist': [
    'e2e/readme-ja.test.ts',
    'the server refuses database core_stg: database "core_stg" does not exist',
  ],
  'the server refuses database core_stg: database "core_stg" is not currently accepting connections': [
    'e2e/readme-ja.test.ts',
    'the server refuses database core_stg: database "core_stg" is not currently accepting connections',
  ],
  'the data is in the external volume …, which compose does not remove': [
    'unit/compose-plan.test.ts',
    'which compose does not remove',
  ],
  'cancelled; nothing was touched': ['integration/guard-protected.test.ts', 'cancelled; nothing was touched'],
  cancelled: ['slow/signals.test.ts', 'cancelled'],
  'cancelled; left behind: …': ['slow/signals.test.ts', 'cancelled; left behind'],
  'waiting for …': ['slow/held-up.test.ts', 'waiting for'],
};

/** docs/README.ja.md against what the tools print, where that needs no container engine. */
describe('docs/README.ja.md', () => {
  const scratch = useEmbedded({ only: ['local_dev', 'local_demo', 'vm_stg', 'vm_prod'], engine: false });
  const type = async (line: string): Promise<string> => {
    const { stdout } = await scratch.start(['bash', '-c', `{ ${line}; } 2>&1`]).ended;
    return ofOurs(stdout.replaceAll(`${scratch.prefix}-`, ''));
  };
  const messages = rowsUnder('メッセージと対処').map(([message]) => message![0]!);

  test.each(QUOTED.filter(({ line }) => WITHOUT_ENGINE.test(line)))('$line', async ({ line, output }) => {
    expect(await type(line)).toMatch(formOf(output));
  });

  test('each message of the table has a test', () => {
    const unproven = messages.filter((text) => !(text in PRINTED_BY) && !(text in MADE_BY));
    expect(unproven).toEqual([]);
    for (const [text, [file, words]] of Object.entries(MADE_BY)) {
      expect(messages).toContain(text);
      expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).toContain(words);
    }
  });

  test.each(Object.entries(PRINTED_BY))('%s: %s', async (text, line) => {
    expect(messages).toContain(text);
    expect(await type(line)).toMatch(partOf(text));
  });

  test.each(rowsUnder('全角で入力してしまう'))('%s: %s', async ([line], [message = 'make <task>']) => {
    expect(await type(line!)).toMatch(partOf(message));
  });
});
