import { expect, test } from 'vitest';
import { identityIn } from '../../lib/database/identity.ts';
import { contents } from './guard-facts.ts';

test.each([
  ['its own marker', 'core_stg', 'vm_stg'],
  ['no marker', 'other', null],
  ['a name that every object has', 'constructor', null],
])('a database with %s', (_what, name, marker) => {
  expect(identityIn(contents, name)).toEqual({
    systemIdentifier: '7654321098765432109',
    timeline: 1,
    oid: '16385',
    name,
    marker,
  });
});
