import { relative } from 'node:path';
import { parseFailure } from '../../migrations/failure.ts';
import type { StackRun } from '../../run/run.ts';
import { failureOf } from '../../stack/alembic/failure-report.ts';
import type { AlembicResult } from '../../stack/alembic/run-alembic.ts';

/** Where and why a revision failed. */
export interface StepFailure {
  /** Undefined if alembic failed before the first revision. */
  readonly revision: string | undefined;
  /** Relative to the project's root. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly message: string;
  /** Whether the downgrade says itself that there is none. */
  readonly isNotImplemented: boolean;
}

export function failureIn({ root }: Pick<StackRun, 'root'>, result: AlembicResult): StepFailure {
  const { failure, stdout, stderr } = result;
  const parsed = parseFailure(stdout + stderr);
  const found = failure ? failureOf(failure, parsed) : parsed;
  const { revision, file, line } = found ?? {};
  return {
    ...{ revision, line, file: file === undefined ? undefined : relative(root, file) },
    message: found?.message.split('\n')[0] ?? (stderr.trim().split('\n').at(-1) || 'alembic failed'),
    isNotImplemented: /^NotImplementedError\b/.test(failure?.error ?? ''),
  };
}

/** `versions/r1.py:6: `; empty if nobody knows. */
export const placeOf = ({ file, line }: Pick<StepFailure, 'file' | 'line'>): string =>
  file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `;
