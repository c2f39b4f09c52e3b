import { copyFileSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { useAdopted } from '../helpers/adopted.ts';
import { blocksOf, Typist } from '../helpers/readme.ts';
import { useScratch } from '../helpers/scratch.ts';

/** Lines that a test of its own types: what needs no engine, and what runs this test. */
const ELSEWHERE = ['make demo', 'make test'];

/** README's own lines, read from it and typed in its order. Only projects and ports are other ones than a person has. */
describe.skipIf(inject('noEngine') !== '')("README's lines", () => {
  describe('in a fresh clone', () => {
    const clone = useScratch({ clone: true, dependencies: false });
    const typist = new Typist((command) => clone.start(command));
    afterAll(() => console.log(typist.table()));

    test('quick start', { timeout: 600_000 }, async () => {
      const lines = blocksOf('Quick start').flat();
      expect(lines.slice(0, ELSEWHERE.length)).toEqual(ELSEWHERE);
      rmSync(clone.path('secrets/.env.vm_stg.secrets'));
      const said = await typist.typeAll(lines.slice(ELSEWHERE.length));
      expect(said).toContain('[ok] local_dev: migrated to head');
      const file = 'secrets/.env.vm_stg.secrets';
      expect(clone.read(file)).toContain('POSTGRES_PASSWORD=\n');
      clone.write(
        file,
        clone.read(file).replace('POSTGRES_PASSWORD=', "POSTGRES_PASSWORD='of \\ # staging'"),
      );
    });

    test('the runbook, then all of it in one line, and a dry run', { timeout: 600_000 }, async () => {
      const [steps, all] = blocksOf('The runbook');
      expect(await typist.typeAll(steps!)).toContain('[ok] vm_stg is at head');
      const said = await typist.typeAll(all!);
      expect(said).toMatch(/^✓ verify .*local_dev/m);
      expect(await typist.typeAll(blocksOf('The guard').flat())).toContain('dry run');
    });

    test('a state back in a second', { timeout: 600_000 }, async () => {
      const said = await typist.typeAll(blocksOf('A state back in a second').flat());
      expect(said).toContain('core_dev is saved as before-orders');
      expect(said).toContain('[ok] local_dev: database core_dev is again what it was before');
    });

    test('production, a few revisions behind', { timeout: 600_000 }, async () => {
      const lines = blocksOf('The runbook').at(-1)!;
      expect(lines).toHaveLength(6);
      clone.write('secrets/.env.vm_prod.secrets', "POSTGRES_PASSWORD='of production'\n", 0o600);
      const before = ['up ENV=local_demo', 'up ENV=vm_prod', 'al-up-env ENV=vm_prod REV=20250901_090000000'];
      await typist.typeAll(before.map((line) => `make ${line}`));
      const said = await typist.typeAll(lines);
      expect(said).toContain('17 revisions: up, down and up again');
      expect(said).toContain('4 revisions migrated on a copy, with no hazards');
      expect(said).toContain('[ok] vm_prod: migrated to head');
      expect(said).toContain('[ok] vm_prod is as it should be, and as migrations');
    });
  });

  describe('in a repository that adopts it', () => {
    const shop = useAdopted({ installed: false });
    const typist = new Typist((command) => shop.start(command));
    afterAll(() => console.log(typist.table()));

    test('adopting it', { timeout: 600_000 }, async () => {
      const [install, look] = blocksOf('Adopting it') as [string[], string[]];
      const [, tarball] = install[0]!.match(/ (makesafe-\S+\.tgz)$/) ?? [];
      copyFileSync(shop.tarball, shop.path(tarball!));
      const said = await typist.typeAll(install);
      expect(said).toContain('nothing was written (DRY_RUN=1)');
      expect(await typist.typeAll(look)).toMatch(/\[ok\] dev: all checks passed[^]*dry run/);
    });
  });
});
