import stringWidth from 'fast-string-width';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MakesafeError } from '../../lib/errors.ts';
import { init } from '../../lib/init/init.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import { sampleOf } from '../helpers/commit.ts';
import { ZooRepository, zooNames } from '../helpers/zoo.ts';

/** What a person reads on a terminal of 80 columns, without colours. */
async function typed(root: string, words: string): Promise<{ printed: string; table: string[] }> {
  const lines: string[] = [];
  const sink = { write: (text: string) => lines.push(text), isTTY: true, columns: 80 };
  const terminal = new Terminal(sink, sink, { NO_COLOR: '1' });
  try {
    await init(terminal, root, [...words.split(' ').filter(Boolean), 'DRY_RUN=1']);
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    terminal.error(error.message);
    terminal.next(error.hint ?? '');
  }
  const printed = lines.join('').replaceAll(root, '<root>');
  const [, table = ''] = printed.match(/^(Environments \(.*\n(?:(?!\[).*\n)*)/m) ?? [];
  return { printed, table: table.split('\n').slice(0, -1) };
}

/** ZOO=all for more than the sample, which is another one with every commit. */
const NAMES = process.env['ZOO'] === 'all' ? zooNames() : sampleOf(zooNames(), 25);

/** `init DRY_RUN=1` in each repository of the zoo (tests/zoo): what it prints is kept in tests/zoo/init. */
describe('init, typed in the zoo', () => {
  // Which projects run here is the machine's.
  const { DOCKER_HOST } = process.env;
  beforeAll(() => void (process.env['DOCKER_HOST'] = 'unix:///nonexistent/docker.sock'));
  afterAll(() => {
    if (DOCKER_HOST === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = DOCKER_HOST;
  });

  test.each(NAMES)('%s', async (name) => {
    const repository = new ZooRepository(name, 'zoo');
    try {
      await repository.lay(5433);
      const { init: words = '' } = repository.stated;
      const { printed, table } = await typed(repository.root, words);
      await expect(`$ npx makesafe init ${`${words} DRY_RUN=1`.trim()}\n${printed}`).toMatchFileSnapshot(
        `../zoo/init/${name}.txt`,
      );
      expect(table.length, 'lines of the table').toBeGreaterThan(3);
      expect(table.length, 'lines of the table').toBeLessThanOrEqual(30);
      expect(table.filter((line) => stringWidth(line) > 80)).toEqual([]);
    } finally {
      await repository.dispose();
    }
  });
});
