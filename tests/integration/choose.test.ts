import { afterAll, describe, expect, test } from 'vitest';
import { QUICK, useScratch } from '../helpers/scratch.ts';
import { HAS_TMUX, Tmux } from '../helpers/tmux.ts';

/** A person who types no ENV, or no task, chooses from a list; a script and what reads the result never wait for one. */
describe.skipIf(!HAS_TMUX)('on a terminal, what is missing is chosen from a list', () => {
  const scratch = useScratch({ engine: false });
  const tmux = new Tmux(() => scratch.root, { TSX: QUICK });
  afterAll(() => tmux.end());
  const journal = scratch.taskCommand.bind(scratch, 'journal');
  const QUESTION = /^ENV \(Enter: local_dev\):$/;
  const LIST = [
    '   1  local_dev   default',
    '   2  local_demo',
    '   3  vm_stg',
    '   4  vm_prod     protected',
  ];

  test.each([
    ['a number', '3 Enter', 'vm_stg'],
    ['a name', 'vm_prod Enter', 'vm_prod'],
    ['Enter alone', 'Enter', 'local_dev'],
  ])('ENV, by %s', async (_what, keys, name) => {
    const rows = await tmux.screen(journal(), [QUESTION, keys]);
    expect(rows.slice(0, 4)).toEqual(LIST);
    expect(rows.join('\n')).toContain(`nothing was destroyed in ${name}`);
    expect(rows.at(-1)).toBe('ended 0');
  });

  test('what is neither is asked again, and Ctrl-C is no answer', async () => {
    const rows = await tmux.screen(journal(), [QUESTION, '9 Enter'], [/^ENV \(Enter: local_dev\):$/, 'C-c']);
    expect(rows.join('\n')).toContain('[error] nothing was done');
    expect(rows.at(-1)).toBe('ended 130');
  });

  test('TASK behind makesafe alone: what destroys is not among them', async () => {
    const command = [process.execPath, scratch.path('bin/makesafe.js')];
    const rows = await tmux.screen(
      command,
      [/^TASK \(Enter: help\):$/, 'journal Enter'],
      [QUESTION, '3 Enter'],
    );
    expect(rows.join('\n')).toMatch(/^ +\d+ {2}db-verify-env {2}/m);
    expect(rows.join('\n')).not.toMatch(/^ +\d+ {2}(db-reset|al-down-env|restore-from)/m);
    expect(rows.join('\n')).toContain('nothing was destroyed in vm_stg');
  });

  test.each([
    // With npx and tsx.
    [
      'a destructive target',
      ['env', '--unset=TSX', 'make', 'db-reset-db-env'],
      /ENV=<environment> is missing/,
    ],
    ['one with ENV', ['make', 'journal', 'ENV=vm_stg'], /nothing was destroyed in vm_stg/],
    ['a result that a program reads', ['sh', '-c', 'make journal JSON=1 | cat'], /^\[\]$/m],
    [
      'no terminal to answer on',
      ['sh', '-c', 'make journal < /dev/null'],
      /nothing was destroyed in local_dev/,
    ],
    ['several targets', ['make', 'journal', 'backups'], /nothing was destroyed in local_dev/],
    ['a recipe', ['make', '-f', 'theirs.mk', 'day'], /in local_dev/],
  ])('nobody is asked: %s', async (_what, command, said) => {
    scratch.write('theirs.mk', 'day: ; @$(MAKE) -f makefile journal\n');
    const rows = await tmux.screen(command);
    expect(rows.join('\n')).toMatch(said);
    expect(rows.join('\n')).not.toContain('Enter:');
  });
});
