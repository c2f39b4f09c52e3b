import { expect, test } from 'vitest';
import { markerOf, withMarker } from '../../lib/stack/postgres/marker.ts';
import { seededRandom } from './support.ts';

test.each<[comment: string | null, environment: string | undefined]>([
  [null, undefined],
  ['', undefined],
  ['makesafe.environment=vm_stg', 'vm_stg'],
  ['makesafe.environment=vm-stg2', 'vm-stg2'],
  ['the shop\nmakesafe.environment=vm_stg', 'vm_stg'],
  ['the shop\n\nmakesafe.environment=vm_stg\n', 'vm_stg'],
  ['the shop\r\nmakesafe.environment=vm_stg\r\n', 'vm_stg'],
  // The last line counts.
  ['makesafe.environment=vm_prod\nmakesafe.environment=vm_stg', 'vm_stg'],
  // What only mentions it is text.
  ['makesafe.environment=vm_prod\nwas here once', undefined],
  ['we write makesafe.environment=vm_prod', undefined],
  ['makesafe.environment=', undefined],
  ['makesafe.environment=vm prod', undefined],
  ['makesafe.environment=VM_PROD', undefined],
  ['makesafe-environment=vm_prod', undefined],
  ['xmakesafe.environment=vm_prod', undefined],
])('%j is marked for %s', (comment, environment) => {
  expect(markerOf(comment)).toBe(environment);
});

test.each<[comment: string | null, expected: string]>([
  [null, 'makesafe.environment=vm_stg'],
  ['', 'makesafe.environment=vm_stg'],
  ['the shop', 'the shop\nmakesafe.environment=vm_stg'],
  ['the shop\nmakesafe.environment=vm_prod', 'the shop\nmakesafe.environment=vm_stg'],
  ['makesafe.environment=vm_prod\n', 'makesafe.environment=vm_stg'],
  ['a\n\nb', 'a\n\nb\nmakesafe.environment=vm_stg'],
  ["it's \\ $& 日本", "it's \\ $& 日本\nmakesafe.environment=vm_stg"],
])('%j becomes %j', (comment, expected) => {
  expect(withMarker(comment, 'vm_stg')).toBe(expected);
});

test('whatever the text, the marker is read back, the text in front of it stays, and twice is once', () => {
  const { pick, several } = seededRandom(4);
  const pieces = ['a', '\n', '\r\n', ' ', 'makesafe.environment=', 'vm_prod', '=', '\\', "'", '$1', '日本'];
  for (let round = 0; round < 5_000; round++) {
    const comment = several(8, () => pick(pieces)).join('');
    const marked = withMarker(comment, 'vm_stg');
    expect(markerOf(marked), JSON.stringify(comment)).toBe('vm_stg');
    expect(withMarker(marked, 'vm_stg')).toBe(marked);
    if (markerOf(comment) === undefined) expect(marked.startsWith(comment)).toBe(true);
    // Changed and changed back: nothing is left of it.
    expect(withMarker(withMarker(marked, 'vm_prod'), 'vm_stg')).toBe(marked);
  }
});
