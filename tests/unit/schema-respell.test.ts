import { expect, test } from 'vitest';
import { respell } from '../../lib/schema/canonical/respell.ts';

test.each([
  ['CHECK (((w >= 0) AND (w <= 1)) AND (a > 2))', 'CHECK ((w >= 0) AND (w <= 1) AND (a > 2))'],
  ['((((a) OR (b)) OR (c)) AND (d))', '(((a) OR (b) OR (c)) AND (d))'],
  [
    `((s)::text = ANY ((ARRAY['new'::character varying, 'd,''one'::character varying])::text[]))`,
    `((s)::text = ANY (ARRAY[('new'::character varying)::text, ('d,''one'::character varying)::text]))`,
  ],
  [
    `((ARRAY[('-1'::integer)::bigint, 2])::numeric[])`,
    `(ARRAY[(('-1'::integer)::bigint)::numeric, (2)::numeric])`,
  ],
])('%s', (sql, spelled) => {
  expect(respell(sql)).toBe(spelled);
  expect(respell(spelled)).toBe(spelled);
});

test.each([
  '((a > 2) AND ((w >= 0) AND (w <= 1)))',
  '(((a) OR (b)) AND (c))',
  // Elements that may be arrays, and arrays of arrays.
  '((ARRAY[a, b])::text[])',
  `((ARRAY[(a)::character varying, 'x'::character varying])::text[])`,
  `((ARRAY[ARRAY['a'::character varying]])::text[])`,
  `((ARRAY['a'::character varying])::text[][])`,
  `((ARRAY['{a}'::character varying[]])::text[])`,
  // Inside what is quoted, and what is not closed.
  `SELECT '((a AND b) AND c)', $$((a AND b) AND c)$$, "((a AND b) AND c)" -- ((a AND b) AND c)`,
  '((a) AND (b)) AND ((c) AND d) )',
  'sum(x) OVER (ORDER BY ((a) AND (b)) ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
])('%s stays', (sql) => expect(respell(sql)).toBe(sql));
