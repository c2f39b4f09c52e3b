import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { UnreachableError } from '../../lib/errors.ts';
import { askOrThrow, openEngine, type AskEngine } from '../../lib/stack/compose/engine/engine.ts';
import type { Docker } from '../../lib/stack/compose/engine/docker.ts';
import { temporaryFolder } from './support.ts';

/** In the place of docker: an engine that speaks HTTP on its standard input and output, and notes each start. */
const DOCKER = `
  const fs = require('node:fs');
  const [folder, ...words] = process.argv.slice(2);
  fs.appendFileSync(folder + '/starts', words.join(' ') + '\\n');
  const mode = fs.readFileSync(folder + '/mode', 'utf8');
  if (mode === 'down') {
    process.stderr.write('Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?');
    process.exit(1);
  }
  if (words[0] === 'version') process.exit(0);
  if (mode === 'refuses') {
    process.stderr.write('no such command');
    process.exit(1);
  }
  const answer = (status, body) => {
    const text = JSON.stringify(body);
    process.stdout.write('HTTP/1.1 ' + status + ' x\\r\\nContent-Length: ' + text.length + '\\r\\n\\r\\n' + text);
  };
  process.stdin.setEncoding('latin1').on('data', (request) => {
    const [, path] = request.match(/^GET (\\S+) /);
    if (path === '/missing') answer(404, { message: 'no such thing' });
    else if (path === '/broken') answer(500, { message: 'the disk is full' });
    else answer(200, { path: decodeURIComponent(path) });
    if (path === '/last') process.exit(0);
  }).on('end', () => process.exit(0));
`;

let folder: string;
let ask: AskEngine;
const mode = (word: string): void => writeFileSync(join(folder, 'mode'), word);
const starts = (): string[] => readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n');

beforeEach(() => {
  folder = temporaryFolder({ 'docker.js': DOCKER });
  appendFileSync(join(folder, 'starts'), '');
  mode('up');
  const docker: Docker = (...args) => ({
    file: process.execPath,
    args: [join(folder, 'docker.js'), folder, ...args],
  });
  ask = openEngine(docker, undefined).ask;
});

test('one connection answers question after question', async () => {
  expect(await ask('/info')).toEqual({ path: '/info' });
  const filters = { label: ['com.docker.compose.project=a b&c'] };
  expect(await ask('/containers/json', { all: true, filters })).toEqual({
    path: `/containers/json?all=true&filters=${JSON.stringify(filters).replace(' ', '+')}`,
  });
  expect(starts()).toEqual(['system dial-stdio']);
});

test('what the engine does not have is undefined; what it refuses, it says', async () => {
  expect(await ask('/missing')).toBeUndefined();
  await expect(ask('/broken')).rejects.toThrow(
    'the container engine does not tell /broken: the disk is full',
  );
});

test('a list that is not there is no empty list', async () => {
  await expect(askOrThrow(ask, '/missing')).rejects.toThrow('the container engine does not tell /missing');
  expect(await askOrThrow(ask, '/volumes')).toEqual({ path: '/volumes' });
});

test('an engine that was restarted is asked anew', async () => {
  await ask('/last');
  expect(await ask('/info')).toEqual({ path: '/info' });
  expect(starts()).toHaveLength(2);
});

test('one that does not answer: in the words of docker', async () => {
  mode('down');
  await expect(ask('/info')).rejects.toMatchObject({
    message: expect.stringContaining('Cannot connect to the Docker daemon at unix:///x') as string,
    hint: 'start Docker, or check DOCKER_HOST and `docker context ls`',
  });
});

test('a docker that cannot connect us, although its engine answers', async () => {
  mode('refuses');
  const error: unknown = await ask('/info').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnreachableError);
  expect((error as Error).message).toBe('the container engine does not answer: no such command');
});

test('no docker at all', async () => {
  const none = openEngine((...args) => ({ file: join(folder, 'nowhere'), args }), undefined);
  await expect(none.ask('/info')).rejects.toThrow(/nowhere is not installed, or not on PATH/);
});
