import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Environment } from '../../lib/environment/resolve.ts';
import { askUrl } from '../../lib/lifecycle/ask-url.ts';

const environment = (healthUrl: string | undefined, port = '2', ports = {}): Environment =>
  ({
    ...{ names: { healthUrl }, entry: { checkout: { name: 'x', ports } } },
    variables: new Map([['PORT', { value: port }]]),
  }) as unknown as Environment;

function serve(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  onTestFinished(() => void server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(String((server.address() as AddressInfo).port)));
  });
}

describe('askUrl', () => {
  test.each([
    [200, true],
    [302, true],
    [404, false],
    [503, false],
  ])('status %i', async (status, healthy) => {
    const port = await serve(status);
    expect(await askUrl(environment('http://127.0.0.1:${PORT}/health', port))).toEqual([
      { service: `http://127.0.0.1:${port}/health`, healthy, state: `status ${status}` },
    ]);
  });

  test("in another checkout the port is that checkout's, on this machine only", async () => {
    const port = await serve(200);
    const ports = { '8010': Number(port), '80': Number(port) };
    for (const written of ['http://127.0.0.1:${PORT}/health', 'http://127.0.0.1/health'])
      expect(await askUrl(environment(written, '8010', ports))).toEqual([
        { service: `http://127.0.0.1:${port}/health`, healthy: true, state: 'status 200' },
      ]);
    expect(await askUrl(environment('http://127.0.0.2:${PORT}/', '8010', ports))).toMatchObject([
      { service: 'http://127.0.0.2:8010/', healthy: false },
    ]);
  });

  test('nothing to ask, nobody there, a variable that nobody defines', async () => {
    expect(await askUrl(environment(undefined))).toEqual([]);
    expect(await askUrl(environment('http://127.0.0.1:${PORT}/'))).toMatchObject([
      { healthy: false, state: expect.stringContaining('ECONNREFUSED') as string },
    ]);
    expect(await askUrl(environment('http://127.0.0.1:${NO}/'))).toMatchObject([
      { healthy: false, state: 'NO is in none of the env files' },
    ]);
  });
});
