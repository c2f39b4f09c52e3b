import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Variable } from '../../lib/environment/env-files.ts';
import { namesOf } from '../../lib/environment/names.ts';
import type { Registry } from '../../lib/environment/entry.ts';
import type { Environment } from '../../lib/environment/resolve.ts';
import {
  composeCommand,
  digestsOf,
  frozenCommand,
  readComposeConfig,
  secretsOf,
} from '../../lib/stack/compose/config/config.ts';
import { temporaryFolder } from './support.ts';

type Given = Readonly<Record<string, Partial<Variable>>>;

const registry: Registry = {
  default: 'vm_stg',
  environments: { vm_stg: { protected: false, stack: 'compose', composeFile: 'docker/x.yml' } },
};

function environment(variables: Given = {}, root = '/p'): Environment {
  const whole = Object.entries(variables).map(([name, variable], index): [string, Variable] => [
    name,
    { value: '', place: `env/.env.vm_stg:${index + 1}`, secret: false, plain: true, ...variable },
  ]);
  return {
    name: 'vm_stg',
    root,
    entry: registry.environments['vm_stg']!,
    names: namesOf(root, registry, 'vm_stg'),
    project: 'shop',
    envFiles: [
      { path: 'env/.env.common', secret: false },
      { path: 'secrets/.env.vm_stg.secrets', secret: true },
    ],
    variables: new Map(whole),
    warnings: [],
    notes: [],
  };
}

test('composeCommand leaves no choice to the shell', () => {
  expect(composeCommand(environment(), 'down', '-v')).toMatchObject({
    file: 'docker',
    args: [
      ...['compose', '--env-file', 'env/.env.common', '--env-file', 'secrets/.env.vm_stg.secrets'],
      ...['-p', 'shop', '-f', 'docker/x.yml', 'down', '-v'],
    ],
  });
});

test('frozenCommand reads no file: the configuration is its input', () => {
  expect(frozenCommand(environment(), 'up', '-d').args).toEqual([
    ...['compose', '--env-file', '/dev/null', '-p', 'shop', '--project-directory'],
    ...[join(environment().root, 'docker'), '--profile', '*', '-f', '-', 'up', '-d'],
  ]);
});

test('digestsOf: one for each part, of what it says and not of how the file says it', () => {
  const services = { db: { image: 'a' }, web: { image: 'b' } };
  const digests = digestsOf({ services, volumes: { data: { name: 'x' } }, text: 'one' });
  expect(Object.keys(digests)).toEqual(['service db', 'service web', 'volume data']);
  expect(digestsOf({ services, volumes: { data: { name: 'x' } }, text: 'other' })).toEqual(digests);
  const changed = digestsOf({
    services: { ...services, web: { image: 'c' } },
    volumes: { data: { name: 'x' } },
  });
  expect(Object.keys(digests).filter((part) => digests[part] !== changed[part])).toEqual(['service web']);
});

describe('readComposeConfig, with a program in the place of docker', () => {
  afterEach(() => void vi.unstubAllEnvs());

  function withDocker(script: string): string {
    const root = temporaryFolder({ 'bin/docker': `#!/bin/sh\n${script}\n` });
    chmodSync(join(root, 'bin/docker'), 0o755);
    vi.stubEnv('PATH', join(root, 'bin') + delimiter + process.env['PATH']);
    // Compose is asked through it, as where docker may look for it in other places.
    writeFileSync(join(root, 'config.json'), '{"cliPluginsExtraDirs":[]}');
    vi.stubEnv('DOCKER_CONFIG', root);
    return root;
  }

  test('a doubled dollar sign is one', async () => {
    const root = withDocker(
      `echo '{"services":{"db":{"environment":{"POSTGRES_PASSWORD":"a$$b$$$$c","X":"$"}}}}'`,
    );
    const config = await readComposeConfig(environment({}, root));
    expect(config.services['db']!.environment).toEqual({ POSTGRES_PASSWORD: 'a$b$$c', X: '$' });
  });

  test('it runs in the project, and what the env files define is not overridden by the shell', async () => {
    const root = withDocker(
      `printf '{"services":{},"cwd":"%s","TZ":"%s","LANG":"%s","db":"%s"}' "$PWD" "$TZ" "$LANG" "$POSTGRES_DB"`,
    );
    for (const name of ['TZ', 'LANG', 'POSTGRES_DB']) vi.stubEnv(name, 'exported');
    const variables = { TZ: { value: 'Asia/Tokyo' }, POSTGRES_DB: { value: 'core' } };
    expect(await readComposeConfig(environment(variables, root))).toMatchObject({
      services: {},
      cwd: root,
      // Compose fills these in from --env-file.
      TZ: '',
      db: '',
      // No env file has it.
      LANG: 'exported',
    });
  });

  test.each([
    ['the same files are resolved once', 'services: {}', 'services: {}', 1],
    ['a changed file anew', 'services: {}', 'services: { db: {} }', 2],
    ['what takes in other files anew each time', 'include: [x.yml]', 'include: [x.yml]', 2],
  ])('%s', async (_what, first, second, count) => {
    const root = withDocker(`echo >> "$PWD/calls"; echo '{"services":{}}'`);
    mkdirSync(join(root, 'docker'));
    for (const file of ['env/.env.common', 'secrets/.env.vm_stg.secrets']) {
      mkdirSync(join(root, file, '..'));
      writeFileSync(join(root, file), '');
    }
    for (const text of [first, second]) {
      writeFileSync(join(root, 'docker/x.yml'), text);
      await readComposeConfig(environment({}, root));
    }
    expect(readFileSync(join(root, 'calls'), 'utf8')).toHaveLength(count);
  });

  test('what docker says when it fails', async () => {
    const root = withDocker('echo "required variable TZ is missing" >&2; exit 15');
    await expect(readComposeConfig(environment({}, root))).rejects.toThrow(
      'docker compose config failed (status 15): required variable TZ is missing',
    );
  });
});

test('what the services are given under the name of a secret, or as a URL with a password', () => {
  const service = (variables: Record<string, string | null>) => ({ environment: variables });
  const services = {
    db: service({
      POSTGRES_USER: 'app',
      POSTGRES_PASSWORD: 'abcd',
      REQUIRE_PASSWORD: 'yes',
      MAIL_TOKEN: null,
    }),
    api: service({
      DATABASE_URL: 'postgresql://app:pw@db/core',
      DOCS_URL: 'https://db/core',
      API_KEY: 'k3y-k3y',
    }),
    worker: {},
  };
  expect(secretsOf({ services })).toEqual(['abcd', 'postgresql://app:pw@db/core', 'k3y-k3y']);
});
