import { describe, expect, test } from 'vitest';
import { ConfigurationError, FailedError, UnreachableError } from '../../lib/errors.ts';
import { dockerError, dockerOf } from '../../lib/stack/compose/engine/docker.ts';

const docker = dockerOf({});
const command = docker(
  'compose',
  '--env-file',
  'env/.env.common',
  '-p',
  'up',
  '-f',
  'docker/x.yml',
  'down',
  '-v',
);
const errorOf = (stderr: string, status = 1): Error => dockerError(command, { status, stdout: '', stderr });

describe('the engine does not answer', () => {
  test.each([
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'error during connect: Get "http://vm7:2375/v1.41/info": dial tcp: i/o timeout',
    'error during connect: Get "https://vm9:2376/info": dial tcp: lookup vm9 on 127.0.0.53:53: no such host',
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    'Got permission denied while trying to connect to the Docker daemon socket',
  ])('%s', (stderr) => {
    const error = errorOf(`${stderr}\n`);
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error.message).toBe(`the container engine does not answer: ${stderr}`);
    expect(error).toMatchObject({ hint: 'start Docker, or check DOCKER_HOST and `docker context ls`' });
  });
});

test.each([
  "docker: 'compose' is not a docker command.\nSee 'docker --help'",
  "unknown shorthand flag: 'p' in -p\nSee 'docker --help'.",
  "unknown flag: --env-file\nSee 'docker --help'.",
])('no compose: %j', (stderr) => {
  const error = errorOf(stderr, 125);
  expect(error).toBeInstanceOf(UnreachableError);
  expect(error.message).toBe('docker has no compose command');
});

describe('the engine answered', () => {
  test.each([
    'Error response from daemon: No such container: x',
    'service "db" refers to undefined volume data: invalid compose project',
    'open /srv/docker/x.yml: permission denied',
    'failed to read dockerfile: open Dockerfile: no such file or directory',
    'Error response from daemon: error while mounting volume: permission denied: /srv/docker',
    'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    '',
  ])('%j', (stderr) => {
    const error = errorOf(stderr, 17);
    expect(error).toBeInstanceOf(FailedError);
    expect(error.message).toBe(`docker compose down failed (status 17)${stderr && `: ${stderr}`}`);
  });
});

test.each([
  ['Invalid template: "a${never-shown"', ''],
  ["line 3: unterminated quoted value 'never-shown", ' line 3:'],
  ['line 12: unexpected character "!" in variable name "A!=never-shown\nB=nor-this"', ' line 12:'],
  ['required variable never-shown is missing a value: nor-this', ''],
])('what compose quotes of an env file is left out: %s', (said, place) => {
  expect(errorOf(`failed to read /srv/shop/env/.env.common: ${said}`).message).toBe(
    `docker compose down failed (status 1): failed to read /srv/shop/env/.env.common:${place} compose cannot read it`,
  );
});

test.each([
  [docker('inspect', 'x'), 'docker inspect failed (status 1)'],
  [docker('volume', 'ls'), 'docker volume failed (status 1)'],
  [
    docker('compose', '-p', 'vm_stg', '-f', 'x.yml', '--progress', 'plain', 'build', '--pull'),
    'docker compose build failed (status 1)',
  ],
  [docker(), 'docker  failed (status 1)'],
])('%j', (given, message) => {
  expect(dockerError(given, { status: 1, stdout: '', stderr: '' }).message).toBe(message);
});

test.each([
  'Failed to initialize: unable to resolve docker endpoint: context "vm-stg": context not found: open /x/meta.json: no such file or directory',
  'context "vm-stg": context not found: open /x/meta.json: no such file or directory',
  'context "vm-stg" does not exist',
])('a context that was never made: %s', (said) => {
  const error = errorOf(said);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toBe('docker has no context vm-stg on this machine');
  expect(error).toMatchObject({ hint: 'docker context create vm-stg --docker host=ssh://<user>@<host>' });
});

test('an engine that the registry pins', () => {
  const pinned = dockerOf({ engine: { context: 'vm-stg' } });
  expect(pinned('ps', '--all')).toMatchObject({
    file: 'docker',
    args: ['--context', 'vm-stg', 'ps', '--all'],
  });
  const silent = { status: 1, stdout: '', stderr: 'error during connect: x' };
  expect(dockerError(pinned('info'), silent)).toMatchObject({
    hint: 'start it, or correct the context: docker context inspect vm-stg',
  });
  const failed = { status: 1, stdout: '', stderr: 'no' };
  expect(dockerError(pinned('compose', '-p', 'up', 'down'), failed).message).toContain('docker compose down');
});
