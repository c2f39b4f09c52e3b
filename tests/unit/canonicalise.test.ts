import { expect, test } from 'vitest';
import { canonicalise } from '../../lib/environment/canonicalise.ts';
import registry from '../../env/environments.ts';

test.each([
  ['vm_stg', { name: 'vm_stg' }],
  ['  vm_stg\n', { name: 'vm_stg' }],
  ['stg', { name: 'vm_stg', alias: 'stg' }],
  ['dev', { name: 'local_dev', alias: 'dev' }],
  ['prod', { name: 'vm_prod', alias: 'prod' }],
])('%j is %j', (typed, expected) => {
  expect(canonicalise(typed, registry)).toEqual(expected);
});
