import { expect, test } from 'vitest';
import { interpreterOf } from '../../lib/stack/alembic/interpreter.ts';

test.each([
  ['#!/usr/bin/python3', ['/usr/bin/python3']],
  ['#!/usr/bin/python3\r', ['/usr/bin/python3']],
  ['#! /opt/venv/bin/python3.13 ', ['/opt/venv/bin/python3.13']],
  // The kernel gives all that follows as one argument.
  ['#!/usr/bin/python3 -s -E', ['/usr/bin/python3', '-s -E']],
  ['#!/usr/bin/env python3', ['/usr/bin/env', 'python3']],
  ['#!/usr/bin/env -S python3 -u', ['/usr/bin/env', '-S python3 -u']],
  ['#!/usr/bin/env -S A=b pypy3', ['/usr/bin/env', '-S A=b pypy3']],
  [`#!/bin/sh\n'''exec' /opt/venv/bin/python "$0" "$@"`, ['/opt/venv/bin/python']],
  [`#!/bin/sh\n'''exec' '/my app/.venv/bin/python3' "$0" "$@"`, ['/my app/.venv/bin/python3']],
  [`#!/bin/sh\n'''exec' "/my app/.venv/bin/python3" "$0" "$@"`, ['/my app/.venv/bin/python3']],
])('%j is run with %j', (text, words) => {
  expect(interpreterOf(text.split('\n'))).toEqual(words);
});

test.each([
  '',
  'import alembic',
  '#!/bin/sh\nexec python3 -m alembic "$@"',
  '#!/bin/bash',
  '#!/usr/bin/env bash',
  '#!/usr/bin/env -S uv run python',
  '#!/usr/bin/env -S poetry run alembic',
  '#!/usr/bin/uv run --script',
  '#!/usr/bin/pythonista',
  // Whatever the shell would make of it is not for us to guess.
  `#!/bin/sh\n'''exec' "$HOME/bin/python" "$0" "$@"`,
  `#!/bin/sh\n'''exec' "/opt/python" "$0" extra "$@"`,
  '\x7fELF\x02\x01',
])('%j is no script of Python', (text) => {
  expect(interpreterOf(text.split('\n'))).toBe(undefined);
});
