import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { engineEndpoint } from '../../lib/stack/compose/engine/endpoint.ts';
import { engineSocket } from '../../lib/stack/compose/engine/socket.ts';

/** Docker's own word for where it would go. */
const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
const settings = mkdtempSync(join(tmpdir(), 'makesafe-docker-'));
const NAMES = ['DOCKER_CONFIG', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_TLS', 'DOCKER_TLS_VERIFY'];

const set = (variables: Record<string, string>): void =>
  NAMES.forEach((name) =>
    vi.stubEnv(name, variables[name] ?? (name === 'DOCKER_CONFIG' ? settings : undefined)),
  );

describe.skipIf(inject('noEngine') !== '')('where docker goes', () => {
  beforeAll(() => {
    set({});
    docker('context', 'create', 'own', '--docker', 'host=unix:///run/own.sock');
    docker('context', 'create', 'far', '--docker', 'host=ssh://root@far');
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => rmSync(settings, { recursive: true, force: true }));

  test.each<[variables: Record<string, string>, used: string, socket: string | undefined]>([
    [{}, 'default', '/var/run/docker.sock'],
    [{}, 'own', '/run/own.sock'],
    [{}, 'far', undefined],
    [{ DOCKER_CONTEXT: 'own' }, 'far', '/run/own.sock'],
    [{ DOCKER_CONTEXT: 'default' }, 'far', '/var/run/docker.sock'],
    [{ DOCKER_HOST: 'unix:///run/host.sock' }, 'far', '/run/host.sock'],
    [{ DOCKER_HOST: 'unix:///run/host.sock', DOCKER_CONTEXT: 'own' }, 'far', '/run/host.sock'],
    [{ DOCKER_HOST: 'tcp://127.0.0.1:1' }, 'own', undefined],
  ])('with %j and context %s in use: as docker itself chooses', async (variables, used, socket) => {
    set({});
    docker('context', 'use', used);
    set(variables);
    expect(await engineEndpoint({})).toBe(
      docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'),
    );
    expect(engineSocket({})).toBe(socket);
  });

  test('a context that is named goes before all of that; one that does not exist is for docker to say', async () => {
    set({ DOCKER_HOST: 'unix:///run/host.sock' });
    const entry = { engine: { context: 'own' } };
    expect(await engineEndpoint(entry)).toBe('unix:///run/own.sock');
    expect(engineSocket(entry)).toBe('/run/own.sock');
    await expect(engineEndpoint({ engine: { context: 'nowhere' } })).rejects.toThrow('nowhere');
    expect(engineSocket({ engine: { context: 'nowhere' } })).toBeUndefined();
  });
});
