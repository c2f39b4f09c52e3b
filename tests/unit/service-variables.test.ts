import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Environment } from '../../lib/environment/resolve.ts';
import { withServiceVariables } from '../../lib/migrations/service-variables.ts';

let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'makesafe-variables-'))));
afterAll(() => rmSync(root, { recursive: true }));

const variable = (value: string, secret = false): object => ({ value, secret, place: 'x', plain: true });

function variablesOf(section: string): Record<string, { value: string; secret: boolean }> {
  writeFileSync(join(root, 'compose.yml'), `services:\n  api:\n    image: x\n    environment:\n${section}\n`);
  const environment = {
    ...{ root, entry: { stack: 'compose' } },
    names: { composeFiles: ['compose.yml', 'not-there.yml'], application: { service: 'api' } },
    variables: new Map([
      ['USER', variable('app')],
      ['EMPTY', variable('')],
      ['PASSWORD', variable('s3cret', true)],
    ]),
  } as unknown as Environment;
  return Object.fromEntries(withServiceVariables(environment).variables);
}

test.each<[value: string, expected: string, secret: boolean]>([
  ['plain', 'plain', false],
  ['postgresql://${USER}:${PASSWORD}@db/core', 'postgresql://app:s3cret@db/core', true],
  ['$USER-$EMPTY', 'app-', false],
  ['${EMPTY:-other} ${EMPTY-other} ${NONE-other} ${NONE:-other}', 'other  other other', false],
  ['${USER:?must be there} ${NONE:?must be there}', 'app ', false],
  ['${USER:+there} ${EMPTY:+there} ${EMPTY+there}', 'there  there', false],
  ['$$USER costs 5$$', '$USER costs 5$', false],
])('%s', (value, expected, secret) => {
  expect(variablesOf(`      A: "${value}"`)['A']).toMatchObject({ value: expected, secret });
  expect(variablesOf(`      - "A=${value}"`)['A']).toMatchObject({ value: expected, secret });
});

test('numbers and truth are text; what has no value stays as the env files have it', () => {
  expect(variablesOf('      PORT: 5432\n      ON: true\n      USER:')).toMatchObject({
    ...{ PORT: { value: '5432' }, ON: { value: 'true' }, USER: { value: 'app' } },
  });
});
