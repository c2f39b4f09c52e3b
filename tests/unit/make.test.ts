import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOverrides, readMakeInvocation } from '../../lib/system/make.ts';
import { temporaryFolder } from './support.ts';

/** These tests may themselves have been started by make, and a make below it would say where it is. */
const notUnderMake = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(MAKE|MFLAGS)/.test(name)));

describe('parseOverrides', () => {
  test.each<[makeflags: string, expected: Record<string, string>]>([
    ['', {}],
    ['n', {}],
    ['kns', {}],
    [' -j2 --jobserver-auth=3,4', {}],
    // An exported MAKEFLAGS=FORCE=1 comes back with the dashes; without them it is nothing.
    ['FORCE=1', {}],
    [' -- FORCE=1', { FORCE: '1' }],
    ['-- FORCE=1', { FORCE: '1' }],
    ['n -- FORCE=1 ENV=vm_stg', { FORCE: '1', ENV: 'vm_stg' }],
    [' -j2 --jobserver-auth=3,4 -- ENV=x', { ENV: 'x' }],
    [' -- V=x\\ y', { V: 'x y' }],
    [' -- V=\\ \\ y', { V: '  y' }],
    [' -- V=a\\\tb W=c', { V: 'a\tb', W: 'c' }],
    [' -- V=x\\\\y', { V: 'x\\y' }],
    [' -- V=x\\\\ W=z', { V: 'x\\', W: 'z' }],
    [' -- V=a$$b', { V: 'a$b' }],
    [' -- V=a$$$$b', { V: 'a$$b' }],
    [' -- V=', { V: '' }],
    [' -- V= W=', { V: '', W: '' }],
    [' -- V=a=b', { V: 'a=b' }],
    [' -- V=a\\ --\\ W=b', { V: 'a -- W=b' }],
    [' -- V=日本\\ 語', { V: '日本 語' }],
    // Make splits at blanks and tabs only, so other white space does not begin a new variable.
    [' -- MSG=追加\u3000ENV=vm_prod', { MSG: '追加\u3000ENV=vm_prod' }],
    [' -- MSG=a\u00a0FORCE=1', { MSG: 'a\u00a0FORCE=1' }],
    [' -- MSG=one\nFORCE=1', { MSG: 'one\nFORCE=1' }],
    [' -- V:=x', { V: 'x' }],
    [' -- V=one V=two', { V: 'two' }],
    [' -- __proto__=x', JSON.parse('{"__proto__":"x"}') as Record<string, string>],
  ])('%j', (makeflags, expected) => {
    expect([...parseOverrides(makeflags)]).toEqual(Object.entries(expected));
  });
});

describe('readMakeInvocation', () => {
  const env = { MAKELEVEL: '1', MAKEFLAGS: ' -- FORCE=1 ENV=x', FORCE: '1', ENV: 'x' };
  const typed = (commandLines: string[][] | undefined, variables: NodeJS.ProcessEnv = env) =>
    Object.fromEntries(
      [...readMakeInvocation(variables, commandLines)!.overrides].map(([name, { typed }]) => [name, typed]),
    );

  test('nothing, where make did not start it', () => {
    expect(readMakeInvocation({ MAKEFLAGS: ' -- FORCE=1' }, [['FORCE=1']])).toBeUndefined();
  });

  test('goals', () => {
    const goals = (given?: string) => readMakeInvocation({ MAKELEVEL: '1', MAKECMDGOALS: given }, [])!.goals;
    expect(goals('db-reset-volume-env up')).toEqual(['db-reset-volume-env', 'up']);
    expect(goals('')).toEqual([]);
    expect(goals(undefined)).toEqual([]);
  });

  test('the value is what make exports', () => {
    const invocation = readMakeInvocation({ ...env, MAKEFLAGS: ' -- V=a$$b W=x', V: 'a' }, undefined)!;
    expect(invocation.overrides.get('V')?.value).toBe('a');
    expect(invocation.overrides.get('W')?.value).toBe('x');
  });

  test.each([
    ['', undefined],
    ['ks', undefined],
    ['ik', '-i'],
    [' -j2 -Otarget --jobserver-auth=3,4', '-O'],
    ['w -j2 --output-sync=line -- ENV=x', '-O'],
    [' -- MSG=fix\\ -Ox i=1', undefined],
    ['-- i=1', undefined],
    [' --eval=x -- V=a', undefined],
  ])('MAKEFLAGS %j lets nothing go unnoticed but with %s', (MAKEFLAGS, blind) => {
    expect(readMakeInvocation({ MAKELEVEL: '1', MAKEFLAGS }, [])!.blind).toBe(blind);
  });

  test('where argument lists cannot be seen, MAKEFLAGS is all there is', () => {
    expect(typed(undefined)).toEqual({ FORCE: '1', ENV: 'x' });
  });

  test.each<[what: string, commandLines: string[][], expected: Record<string, string | undefined>]>([
    ['typed', [['up', 'ENV=x', 'FORCE=1']], { FORCE: '1', ENV: 'x' }],
    ['FORCE inherited through MAKEFLAGS', [['up', 'ENV=x']], { FORCE: undefined, ENV: 'x' }],
    ['no make above', [], { FORCE: undefined, ENV: undefined }],
    [
      'typed for the outer make',
      [
        ['-C', 'sub'],
        ['all', 'FORCE=1', 'ENV=x'],
      ],
      { FORCE: '1', ENV: 'x' },
    ],
    ['the nearest counts', [['FORCE=0'], ['FORCE=1', 'ENV=x']], { FORCE: '0', ENV: 'x' }],
    ['the last of one line counts', [['FORCE=1', 'FORCE=0', 'ENV=x']], { FORCE: '0', ENV: 'x' }],
    ['blanks that make strips', [['FORCE= 1', 'ENV= x ']], { FORCE: ' 1', ENV: ' x ' }],
    ['other operators', [['FORCE:=1', 'ENV?=x']], { FORCE: '1', ENV: 'x' }],
    ['computed by make', [['FORCE!=echo 1', 'ENV=$(X)']], { FORCE: 'echo 1', ENV: '$(X)' }],
    ['part of another value', [['MSG=a FORCE=1', 'ENV=x']], { FORCE: undefined, ENV: 'x' }],
    ['only a prefix', [['FORCED=1', 'ENV=x', 'force=1']], { FORCE: undefined, ENV: 'x' }],
  ])('%s', (_what, commandLines, expected) => {
    expect(typed(commandLines)).toEqual(expected);
  });
});

describe('with a real make', () => {
  /** MAKEFLAGS and the exported variables as a recipe sees them, one JSON text a make. */
  const MAKEFILE = [
    `show: ; @node -e 'console.log(JSON.stringify(process.env))'`,
    'outer: ; @$(MAKE) --no-print-directory show',
  ].join('\n');
  function make(args: string[], env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const cwd = temporaryFolder({ makefile: MAKEFILE });
    const output = execFileSync('make', args, {
      cwd,
      env: { ...notUnderMake(), ...env },
      encoding: 'utf8',
    });
    return JSON.parse(output) as NodeJS.ProcessEnv;
  }

  test('values come back as they were typed', () => {
    const values = {
      V1: 'x y',
      V2: 'two  blanks',
      V3: 'back\\slash',
      V4: 'back\\\\slashes\\',
      V5: 'tab\there',
      V6: `it's "quoted"`,
      V7: 'a$$b',
      V8: '#hash',
      V9: '',
      V10: 'a=b -- c=d',
      V11: '日本\u3000語\u3000FORCE=1',
      V12: '`id` $$(id) ;& | > *',
      V13: '-n --sql',
      V14: '\\ ',
      V15: 'one\nFORCE=1',
    };
    const env = make(['show', ...Object.entries(values).map(([name, value]) => `${name}=${value}`)]);
    const found = parseOverrides(env['MAKEFLAGS']!);
    expect(Object.fromEntries(found)).toEqual(values);
  });

  test('what make makes of them: `$` expanded, blanks in front gone without a trace', () => {
    const env = make(['show', 'V=a$$b', 'W=  x']);
    expect(parseOverrides(env['MAKEFLAGS']!).get('W')).toBe('x');
    const { overrides } = readMakeInvocation(env, [['show', 'V=a$$b', 'W=  x']])!;
    expect(overrides.get('V')).toEqual({ value: 'a$b', typed: 'a$$b' });
    expect(overrides.get('W')).toEqual({ value: 'x', typed: '  x' });
  });

  test.each([
    [['show', 'FORCE=1'], { FORCE: '1' }],
    [['-s', '-k', 'show', 'FORCE=1'], { FORCE: '1' }],
    [['-j2', 'show', 'FORCE=1'], { FORCE: '1' }],
    [['outer', 'FORCE=1', 'V=a b'], { FORCE: '1', V: 'a b' }],
    [['-j2', 'outer', 'V=$$'], { V: '$$' }],
    [['show'], {}],
    [['-s', 'show'], {}],
    [['--eval', 'FORCE=1', 'show'], {}],
    [['-I', 'x', 'show'], {}],
  ])('%j', (args, expected) => {
    const found = parseOverrides(make(args)['MAKEFLAGS'] ?? '');
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  test('an exported FORCE is no override, an exported MAKEFLAGS looks like one', () => {
    expect(parseOverrides(make(['show'], { FORCE: '1' })['MAKEFLAGS'] ?? '').size).toBe(0);
    const env = make(['show', 'ENV=x'], { MAKEFLAGS: 'FORCE=1' });
    expect(Object.fromEntries(parseOverrides(env['MAKEFLAGS']!))).toEqual({ FORCE: '1', ENV: 'x' });
    // The argument lists tell.
    const { overrides } = readMakeInvocation(env, [['show', 'ENV=x']])!;
    expect(overrides.get('FORCE')).toEqual({ value: '1', typed: undefined });
  });

  test('the argument lists of the makes above a script', () => {
    const cwd = temporaryFolder({
      makefile:
        'inner: ; @node --import tsx script.ts; true\nouter: ; @$(MAKE) --no-print-directory inner W="c d"; true',
      'script.ts': `import { makeCommandLines } from ${JSON.stringify(join(import.meta.dirname, '../../lib/system/make.ts'))};
        console.log(JSON.stringify(makeCommandLines()));`,
    });
    const modules = join(import.meta.dirname, '../../node_modules');
    execFileSync('ln', ['-s', modules, join(cwd, 'node_modules')]);
    const output = execFileSync('make', ['outer', 'V= a\nb', 'X='], {
      cwd,
      env: notUnderMake(),
      encoding: 'utf8',
    });
    expect((JSON.parse(output) as string[][]).slice(0, 2)).toEqual([
      ['--no-print-directory', 'inner', 'W=c d'],
      ['outer', 'V= a\nb', 'X='],
    ]);
  });

  test('what a makefile exports is told from what the shell exports, and from what is exported below make', () => {
    const cwd = temporaryFolder({
      '.env': 'DATABASE_URL=of the file\nPGHOST=of the file\n',
      makefile: [
        'include .env',
        'export',
        'task: ; @node --import tsx script.ts; true',
        'nested: ; @$(MAKE) --no-print-directory task',
        'prefixed: ; @PGPORT=1 DATABASE_URL=typed node --import tsx script.ts; true',
      ].join('\n'),
      'script.ts': `import { addedByMake } from ${JSON.stringify(join(import.meta.dirname, '../../lib/system/make.ts'))};
        const added = addedByMake();
        const names = ['DATABASE_URL', 'PGHOST', 'PGPORT'].filter((name) => process.env[name] !== undefined);
        console.log(names.filter((name) => process.env[name] !== added.get(name)).join());`,
    });
    execFileSync('ln', ['-s', join(import.meta.dirname, '../../node_modules'), join(cwd, 'node_modules')]);
    const exports = (goal: string, env: Record<string, string> = {}): string =>
      execFileSync('make', [goal], { cwd, env: { ...notUnderMake(), ...env }, encoding: 'utf8' }).trim();
    expect(exports('task')).toBe('');
    expect(exports('nested')).toBe('');
    expect(exports('task', { PGHOST: 'of the shell' })).toBe('PGHOST');
    expect(exports('nested', { PGHOST: 'of the file' })).toBe('PGHOST');
    expect(exports('prefixed')).toBe('DATABASE_URL,PGPORT');
  }, 30_000);
});
