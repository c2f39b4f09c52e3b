import { describe, expect, test } from 'vitest';
import type { TocEntry } from '../../lib/dump/toc.ts';
import { compareObjects } from '../../lib/drill/objects.ts';

const entry = (kind: string, schema: string, name: string, definition = 'CREATE …'): TocEntry => ({
  ...{ id: 1, catalog: '0/0', kind, schema, name, definition, copy: '', tablespace: '', accessMethod: '' },
  ...{ owner: '', dependencies: [], hasData: false, file: '', drop: '' },
});
const items = entry('TABLE', 'mart', 'items');
const plus = entry('OPERATOR', 'public', '+');

describe('the objects of a backup and of what was restored from it', () => {
  const cases: [what: string, backedUp: TocEntry[], restored: TocEntry[], said: string[]][] = [
    ['the same', [items, plus], [plus, items], []],
    ['one is missing', [items, plus], [items], ['OPERATOR public.+ is not in the restored database']],
    ['one is more', [items], [items, plus], ['OPERATOR public.+ is not in the backup']],
    [
      'two of one name, one is missing',
      [plus, plus],
      [plus],
      ['OPERATOR public.+ is not in the restored database'],
    ],
    [
      'another kind',
      [items],
      [entry('VIEW', 'mart', 'items')],
      ['TABLE mart.items is not in the restored database', 'VIEW mart.items is not in the backup'],
    ],
    [
      'what a new database has, and what belongs to the server, does not count',
      [
        items,
        entry('SCHEMA', '', 'public'),
        entry('COMMENT', '', 'SCHEMA public'),
        entry('COMMENT', '', 'EXTENSION plpgsql'),
        entry('COMMENT', '', 'DATABASE core'),
        entry('ACL', '', 'TABLE items'),
        entry('DATABASE PROPERTIES', '', 'core'),
        entry('TABLE DATA', 'mart', 'items', ''),
        entry('SEQUENCE SET', 'mart', 'items_id_seq'),
        entry('BLOB', '', '1234'),
      ],
      [items],
      [],
    ],
    [
      'a comment on a table does',
      [items, entry('COMMENT', 'mart', 'TABLE items')],
      [items],
      ['COMMENT mart.TABLE items is not in the restored database'],
    ],
  ];
  test.each(cases)('%s', (_what, backedUp, restored, said) => {
    expect(compareObjects(backedUp, restored).differences).toEqual(said);
  });
});
