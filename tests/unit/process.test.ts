import { execFileSync } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { UnreachableError } from '../../lib/errors.ts';
import type { Command } from '../../lib/system/command.ts';
import { childEnvironment, run } from '../../lib/system/process.ts';
import { AWKWARD_WORDS, temporaryFolder } from './support.ts';

const sh = (script: string, ...args: string[]) => ({ file: 'sh', args: ['-c', script, 'sh', ...args] });
/** Keeps what is written to it. */
function collector() {
  const chunks: Buffer[] = [];
  const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => void (chunks.push(chunk), done()) });
  return { sink, text: () => Buffer.concat(chunks).toString(), size: () => Buffer.concat(chunks).length };
}

test('every argument arrives as it is', async () => {
  const result = await run(sh(`for word; do printf '%s\\0' "$word"; done`, ...AWKWARD_WORDS));
  expect(result).toEqual({
    status: 0,
    stdout: AWKWARD_WORDS.map((word) => `${word}\0`).join(''),
    stderr: '',
  });
});

describe('the environment of a child', () => {
  afterEach(() => void vi.unstubAllEnvs());
  const SHELL = {
    ...{
      PGHOST: 'prod',
      PGPORT: '1',
      PGUSER: 'u',
      PGPASSWORD: 'p',
      PGDATABASE: 'd',
      PGSERVICE: 's',
      PGOPTIONS: '-c x',
    },
    ...{ DATABASE_URL: 'postgres://prod', POSTGRES_DB: 'd', POSTGRES_PASSWORD: 'p' },
    ...{
      COMPOSE_PROJECT_NAME: 'vm_prod',
      COMPOSE_FILE: 'x.yml',
      COMPOSE_PROFILES: 'x',
      COMPOSE_ENV_FILES: 'x',
    },
    ...{
      ZX_PREFIX: 'echo;',
      ZX_SHELL: '/bin/false',
      ENV: 'vm_prod',
      FORCE: '1',
      BASH_ENV: 'x',
      MAKEFLAGS: ' -- X=1',
    },
    ...{ NODE_OPTIONS: '--no-warnings', DOCKER_BUILDKIT: '0', LD_PRELOAD: '' },
  };
  const KEPT = {
    ...{ PATH: process.env['PATH']!, HOME: '/home/x', DOCKER_HOST: 'unix:///x', DOCKER_CONTEXT: 'remote' },
    ...{
      SSH_AUTH_SOCK: '/x',
      HTTPS_PROXY: 'http://proxy',
      no_proxy: 'localhost',
      LANG: 'ja_JP.UTF-8',
      TERM: 'xterm',
    },
  };

  test('has what it needs and nothing that could choose a database', async () => {
    for (const [name, value] of Object.entries({ ...SHELL, ...KEPT })) vi.stubEnv(name, value);
    expect(childEnvironment()).toMatchObject(KEPT);
    expect(Object.keys(childEnvironment()).filter((name) => name in SHELL)).toEqual([]);
    const { stdout } = await run({ file: 'env', args: ['-0'] });
    const seen = Object.fromEntries(
      stdout.split('\0').filter(Boolean).map((line) => line.split(/=(.*)/s).slice(0, 2)), // prettier-ignore
    ) as Record<string, string>;
    expect(seen).toEqual(childEnvironment());
  });

  test('what the caller adds comes on top', () => {
    vi.stubEnv('HOME', '/home/x');
    expect(childEnvironment({ DOCKER_BUILDKIT: '1', HOME: '/y' })).toMatchObject({
      DOCKER_BUILDKIT: '1',
      HOME: '/y',
    });
  });
});

describe('status', () => {
  test.each([
    ['exit 0', 0],
    ['exit 1', 1],
    ['exit 77', 77],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
    ['kill -INT $$', 130],
  ])('%s: %d', async (script, status) => {
    expect((await run(sh(`echo out; echo err >&2; ${script}`))).status).toBe(status);
  });

  test('what a failing command said is kept', async () => {
    expect(await run(sh('echo out; echo err >&2; exit 3'))).toEqual({
      status: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });
});

describe('a program that cannot be run', () => {
  test.each([
    ['alone', {}],
    ['with output', { output: collector().sink }],
    ['with input', { input: 'x'.repeat(100_000) }],
    ['line by line', { onLine: () => {} }],
    ['on our terminal', { terminal: true }],
  ])('%s', async (_how, options) => {
    const running = run({ file: 'no-such-program', args: ['x'] }, options);
    await expect(running).rejects.toThrow(
      new UnreachableError('no-such-program is not installed, or not on PATH', {
        hint: 'install no-such-program, or correct PATH',
      }),
    );
  });

  test('a file that is no program does not look like a success', async () => {
    const folder = temporaryFolder({ tool: 'not executable' });
    const result = await run({ file: `${folder}/tool`, args: [] }).catch((error: unknown) => error);
    expect(result).toMatchObject({ status: expect.any(Number) as number });
    expect(result).not.toMatchObject({ status: 0 });
  });
});

describe('input', () => {
  test.each<[what: string, make: () => string | Readable]>([
    ['a text', () => "it's $HOME\n日本"],
    ['a stream', () => Readable.from(["it's ", '$HOME\n日本'])],
  ])('%s', async (_what, make) => {
    expect((await run({ file: 'cat', args: [] }, { input: make() })).stdout).toBe("it's $HOME\n日本");
  });

  test('none is an empty one, not our terminal', async () => {
    expect(await run({ file: 'cat', args: [] })).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('a program that ends without reading it', async () => {
    const input = 'x'.repeat(1_000_000);
    expect((await run(sh('exit 3'), { input })).status).toBe(3);
    expect(
      (await run(sh('exec <&-; sleep 0.05; exit 4'), { input: Readable.from([input, input]) })).status,
    ).toBe(4);
  });
});

describe('output', () => {
  test('to a writable, byte for byte, and ended with the command', async () => {
    const { sink, text } = collector();
    const result = await run(sh('printf "a\\n\\377b"; echo err >&2'), { output: sink });
    expect(result).toEqual({ status: 0, stdout: '', stderr: 'err\n' });
    expect(Buffer.from(text())).toEqual(Buffer.from('a\n\ufffdb'));
    expect(sink.writableFinished).toBe(true);
  });

  test('more than anything should keep in memory', async () => {
    const { sink, size } = collector();
    const { status, stdout } = await run(
      { file: 'head', args: ['-c', '20000000', '/dev/zero'] },
      { output: sink },
    );
    expect({ status, stdout, size: size() }).toEqual({ status: 0, stdout: '', size: 20_000_000 });
  });

  test('a writable that fails fails the run', async () => {
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) });
    await expect(
      run({ file: 'head', args: ['-c', '5000000', '/dev/zero'] }, { output: sink }),
    ).rejects.toThrow('disk full');
  });

  test('line by line, of both streams, the last without its end', async () => {
    const lines: string[] = [];
    const onLine = (line: string, stream: string): void => void lines.push(`${stream}: ${line}`);
    const result = await run(sh('echo one; echo; printf two; echo three >&2; printf 日本 >&2'), { onLine });
    expect(lines.sort()).toEqual(['stderr: three', 'stderr: 日本', 'stdout: ', 'stdout: one', 'stdout: two']);
    expect(result).toEqual({ status: 0, stdout: 'one\n\ntwo', stderr: 'three\n日本' });
  });

  test('lines come while the command runs', async () => {
    let seen!: () => void;
    const first = new Promise<void>((resolve) => (seen = resolve));
    const folder = temporaryFolder();
    const running = run(sh('echo one; while [ ! -e "$1/go" ]; do sleep 0.01; done', folder), {
      onLine: seen,
    });
    await first;
    execFileSync('touch', [`${folder}/go`]);
    expect((await running).status).toBe(0);
  });
});

test('the working directory', async () => {
  const folder = temporaryFolder();
  expect((await run({ file: 'pwd', args: ['-P'] }, { cwd: folder })).stdout).toBe(`${folder}\n`);
});

test.each<[what: string, command: Command, message: RegExp]>([
  [
    'a word that is too long',
    { file: 'true', args: ['x'.repeat(200_000)] },
    /^true could not be run: .*E2BIG/,
  ],
  ['what is no program', { file: '/dev/null', args: [] }, /^\/dev\/null is no program, or may not be run$/],
])('%s', async (_what, command, message) => {
  await expect(run(command)).rejects.toThrow(message);
});
