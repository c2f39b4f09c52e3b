import { describe, expect, test } from 'vitest';
import { revision, TIMEOUT } from '../../lib/parameters/shared.ts';

describe('revision', () => {
  const { parse } = revision('where to');

  test.each([
    ...['head', 'heads', 'base', '20251211_140000000', 'ae10', '0012', '-1', '-12', '+2', 'ae10+2', 'head-1'],
    ...['branch@head', 'branch@base', 'a:b', 'ae10~1', 'branch@-1', '1.0'],
  ])('%s', (text) => {
    expect(parse(text)).toBe(text);
  });

  test.each([
    ...['', ' ', ' head', 'head ', 'head\n', 'a b', '--sql', '-x', '-', '--', '-1x', '-1 --sql', '--tag=x'],
    ...['head;x', '$(id)', 'a/b', '../x', '=x', '　head', 'ｈｅａｄ', '~x'],
  ])('%j is none', (text) => {
    expect(() => parse(text)).toThrow('is not a revision');
  });

  test('must be given, unless there is a default', () => {
    expect(revision('x')).toMatchObject({ required: true });
    expect(revision('x', 'head')).toMatchObject({ default: 'head' });
    expect(revision('x', 'head').required).toBeUndefined();
  });
});

test('TIMEOUT has an end', () => {
  expect(TIMEOUT.parse(TIMEOUT.default!)).toBe(60);
  for (const text of ['0', '3601', 'Infinity', '-1']) expect(() => TIMEOUT.parse(text)).toThrow();
});
