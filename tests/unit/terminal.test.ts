import { describe, expect, test } from 'vitest';
import { Terminal } from '../../lib/output/terminal.ts';
import { recordingTerminal } from './support.ts';

const METHODS = ['info', 'ok', 'warn', 'error', 'next'] as const;

test.each(METHODS)('%s goes to standard error', (method) => {
  const { terminal, written } = recordingTerminal();
  terminal[method]('text');
  expect(written).toEqual({ out: '', err: `[${method}] text\n` });
});

test('a result goes to standard output, a line to standard error', () => {
  const { terminal, written } = recordingTerminal();
  terminal.result('for a program');
  terminal.line('for a person');
  expect(written).toEqual({ out: 'for a program\n', err: 'for a person\n' });
});

describe('colour', () => {
  test.each<[isTTY: boolean, env: NodeJS.ProcessEnv, coloured: boolean]>([
    [true, {}, true],
    // https://no-color.org: present and not empty.
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '0' }, false],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, false],
  ])('terminal %j, %j: %j', (isTTY, env, coloured) => {
    const { terminal, written } = recordingTerminal(env, isTTY);
    METHODS.forEach((method) => terminal[method]('x'));
    expect(written.err.includes('\x1b[3')).toBe(coloured);
    expect(terminal.style(['bold', 'red'], 'x')).toBe(coloured ? '\x1b[1m\x1b[31mx\x1b[39m\x1b[22m' : 'x');
    expect(terminal.interactive).toBe(isTTY);
  });

  test('never in a result', () => {
    const { terminal, written } = recordingTerminal({}, true);
    terminal.result('x');
    expect(written.out).toBe('x\n');
  });

  test('standard error decides, for a result standard output', () => {
    const sink = { write: () => true };
    const tty = { ...sink, isTTY: true };
    expect(new Terminal(tty, sink, {}).styleResult('red', 'x')).toBe('\x1b[31mx\x1b[39m');
    expect(new Terminal(tty, tty, { NO_COLOR: '1' }).styleResult('red', 'x')).toBe('x');
    expect(new Terminal(sink, tty, {}).styleResult('red', 'x')).toBe('x');
    expect(new Terminal({ ...sink, isTTY: true }, sink, {}).style('red', 'x')).toBe('x');
    expect(new Terminal(sink, { ...sink, isTTY: true }, {}).style('red', 'x')).toBe('\x1b[31mx\x1b[39m');
  });
});

describe('progress', () => {
  test('elsewhere than on a terminal it is an ordinary line', () => {
    const { terminal, written } = recordingTerminal();
    terminal.progress('one');
    terminal.progress('two');
    expect(written.err).toBe('[info] one\n[info] two\n');
  });

  test('on a terminal it is replaced by whatever comes next', () => {
    const { terminal, written } = recordingTerminal({ NO_COLOR: '1' }, true);
    terminal.progress('one');
    terminal.progress('two');
    terminal.ok('done');
    terminal.ok('again');
    expect(written.err).toBe('\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K[ok] done\n[ok] again\n');
  });

  test('also by a result, which may go elsewhere', () => {
    const { terminal, written } = recordingTerminal({}, true);
    terminal.progress('one');
    terminal.result('x');
    expect(written).toEqual({ out: 'x\n', err: '\r\x1b[Kone\r\x1b[K' });
  });
});

test.each([true, false])('nothing leaves with a secret in it (terminal: %j)', (isTTY) => {
  const { terminal, written } = recordingTerminal({}, isTTY);
  terminal.redactor.hide('hunter2');
  const text = 'postgres://u:hunter2@h, aHVudGVyMg==';
  METHODS.forEach((method) => terminal[method](text));
  terminal.line(text);
  terminal.result(text);
  terminal.progress(text);
  expect(written.out + written.err).not.toMatch(/hunter2|aHVudGVyMg/);
  expect(written.out).toBe('postgres://u:********@h, ********\n');
});

describe('a warning', () => {
  test('is said once', () => {
    const { terminal, written } = recordingTerminal({ GITHUB_ACTIONS: 'true' });
    for (const text of ['one', 'one', 'other', 'one']) terminal.warn(text);
    expect(written.err).toBe('[warn] one\n::warning::one\n[warn] other\n::warning::other\n');
  });

  test('is said again where the first was kept and not shown', () => {
    const { terminal, written } = recordingTerminal();
    terminal.fold();
    terminal.warn('one');
    expect(terminal.unfold()).toEqual(['[warn] one']);
    terminal.warn('one');
    expect(written.err).toBe('[warn] one\n');
  });
});

describe('annotations of GitHub Actions', () => {
  test('beside the line, on one line, without a secret', () => {
    const { terminal, written } = recordingTerminal({ GITHUB_ACTIONS: 'true' });
    terminal.redactor.hide('50%off');
    terminal.error('100% wrong\n        50%off');
    terminal.warn('mind');
    terminal.banner('❌❌\n❌  ERROR: BLOCKED\n❌❌');
    terminal.info('no annotation');
    expect(written.err.split('\n')).toEqual([
      '[error] 100% wrong',
      '        ********',
      '::error::100%25 wrong%0A        ********',
      '[warn] mind',
      '::warning::mind',
      ...['❌❌', '❌  ERROR: BLOCKED', '❌❌', '::error::ERROR: BLOCKED'],
      '[info] no annotation',
      '',
    ]);
    expect(written.out).toBe('');
  });

  test('nowhere else', () => {
    const { terminal, written } = recordingTerminal({ GITHUB_ACTIONS: '' });
    terminal.error('wrong');
    expect(written.err).toBe('[error] wrong\n');
  });
});

test('what is to be typed is spelled as it is called here, and no secret is made readable by it', () => {
  const { terminal, written } = recordingTerminal();
  terminal.redactor.hide('make up my mind');
  terminal.spell = (text) => text.replaceAll('make up', 'make ms-up');
  terminal.next('make up');
  terminal.result('make up my mind');
  expect(written).toEqual({ err: '[next] make ms-up\n', out: '********\n' });
});
