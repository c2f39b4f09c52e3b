import { relative, isAbsolute } from 'node:path';
import { counted } from '../output/display.ts';
import { printable } from '../output/printable.ts';
import type { Pending } from '../stack/alembic/pending.ts';
import { findInProject } from './failure.ts';

/** Revisions to show: the screen is one screen. */
const MOST = 20;

/** A line for each revision that is about to run: `0012  add suppliers  (migrations/versions/0012_add.py)`. */
export function describePending(root: string, pending: readonly Pending[]): string[] {
  if (pending.length === 0) return ['none: there is nothing to migrate'];
  const width = Math.max(...pending.map(({ id }) => id.length));
  const lines = pending.slice(0, MOST).map(({ id, message, path }) => {
    const file = path === null ? '' : `  (${shorter(root, findInProject(root, path))})`;
    return printable(`${id.padEnd(width)}  ${message ?? ''}`.trimEnd() + file);
  });
  const more = pending.length - MOST;
  return more > 0 ? [...lines, `and ${counted(more, 'revision')} more`] : lines;
}

const shorter = (root: string, path: string): string =>
  isAbsolute(path) && !relative(root, path).startsWith('..') ? relative(root, path) : path;
