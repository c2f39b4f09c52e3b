import { afterAll, describe, expect, test } from 'vitest';
import { useEmbedded } from '../helpers/embedded.ts';
import { blocksOf, Typist } from '../helpers/readme.ts';

/** What README tells to type where there is no container engine. The rest is in tests/e2e/readme.test.ts. */
describe("README's quick start, typed in a fresh clone", () => {
  const clone = useEmbedded({ clone: true, dependencies: false });
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const typist = new Typist((command) => clone.start(command, { env }));
  afterAll(() => console.log(typist.table()));

  test('shows the whole runbook, with nothing installed before', { timeout: 300_000 }, async () => {
    const [[demo, ...rest] = []] = blocksOf('Quick start');
    // Which is what runs this.
    expect(rest).toEqual(['make test']);
    const { stderr } = await typist.type(demo!);
    expect(stderr).toContain('installing the dependencies (npm ci)');
    expect(stderr).toContain('are identical');
  });
});
