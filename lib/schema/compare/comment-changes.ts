import { pair, type Change, type Labels, type Renamed } from './change.ts';
import { excerpt, onlyIn, shorten } from './excerpt.ts';
import { unquote } from '../read/names.ts';
import type { SchemaObject } from '../read/objects.ts';

/** Comments on an object and on its parts. */

const COMMENT = /^COMMENT ON (.*?) IS (.*);$/s;
const COLUMN = /^COLUMN .*\.("(?:[^"]|"")+"|[^."]+)$/s;
const CONSTRAINT = /^CONSTRAINT ("(?:[^"]|"")+"|\S+) ON /;

/** How the comments on an object and on its parts differ between two sides. */
export function commentChanges(a: SchemaObject, b: SchemaObject, renamed: Renamed, labels: Labels): Change[] {
  const [one, other] = [a.comments, b.comments];
  if (one.length === other.length && one.every((comment, index) => comment === other[index])) return [];
  // A comment on a part of the object names the part. The object's own name is in the heading.
  const place = (on: string, same: Renamed): string => {
    const [, column] = COLUMN.exec(on) ?? [];
    if (column !== undefined) return `comment of column ${column}`;
    const [, constraint] = a.kind.endsWith('CONSTRAINT') ? [] : (CONSTRAINT.exec(on) ?? []);
    if (constraint === undefined) return 'comment';
    const name = unquote(constraint);
    return `comment of constraint ${same.get(name) ?? name}`;
  };
  const read = (comments: readonly string[], same: Renamed): { on: string; text: string }[] =>
    comments.map((comment) => {
      const [, on = '', text = comment] = COMMENT.exec(comment) ?? [];
      return { on: place(on, same), text };
    });
  const { both, first, second } = pair(read(one, new Map()), read(other, renamed), ({ on }) => on);
  const changes = [
    ...both.filter(([a, b]) => a.text !== b.text).map(([a, b]) => `${a.on} ${excerpt(a.text, b.text)}`),
    ...first.map(({ on, text }) => onlyIn(`${on} ${shorten(text)}`, labels.base)),
    ...second.map(({ on, text }) => onlyIn(`${on} ${shorten(text)}`, labels.compared)),
  ];
  return changes.length > 0 ? [{ class: 'comment', changes }] : [];
}
