import { expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { docker, run, succeeded } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/** Milliseconds: a stack is started. */
const PATIENCE = 300_000;

const compose = (uploads: string): object =>
  databaseOnly({
    db: { volumes: ['data:/var/lib/postgresql/data', `${uploads}:/uploads`] },
    volumes: { data: {}, [uploads]: { external: true, name: `\${PLACE}_${uploads}` } },
  });
const scratch = useScratch({
  only: [],
  environments: {
    stg: { compose: databaseOnly() },
    prod: { compose: compose('one'), entry: { protected: true }, env: { PLACE: 'unset' } },
  },
});

test.skipIf(inject('noEngine') !== '')(
  'what the wall has held stays held, whatever the files say by now; left behind, check names it',
  async () => {
    const place = scratch.project('prod');
    const volumes = ['one', 'two'].map((name) => `${place}_${name}`);
    for (const name of volumes) await docker('volume', 'create', name);
    scratch.write('env/.env.prod', scratch.read('env/.env.prod').replace('PLACE=unset', `PLACE=${place}`));
    succeeded(await scratch.runTask('up ENV=prod'));
    // Another volume in the file: the first one is nobody's any more, and still held.
    scratch.write('docker/prod.json', JSON.stringify(compose('two')));
    succeeded(await scratch.runTask('up ENV=prod'));
    for (const name of [...volumes, `${place}_data`])
      expect((await run(['docker', 'volume', 'rm', '-f', name])).stderr, name).toContain('in use');

    const registry = scratch.read('env/environments.ts');
    const check = async (): Promise<string> => {
      const { stdout, stderr } = await scratch.runTask('check ENV=stg');
      return `${stdout}${stderr}`;
    };
    expect(await check()).toContain('no other environment of this engine wants');
    scratch.write('env/environments.ts', registry.replace('"prod": {', '"other": {'));
    const found = await check();
    expect(found).toMatch(/neighbours .*container \S+-makesafe-wall-\w+ still holds the volumes of project/s);
    expect(found).toMatch(/put the entry prod back .* ENV=prod FORCE=1/s);

    // Where nothing is protected by now, and the server does not run, the container says that it was.
    scratch.write('env/environments.ts', registry.replace('"protected": true', '"protected": false'));
    succeeded(await scratch.runTask('down ENV=prod'));
    const reset = await scratch.runTask('db-reset-volume-env ENV=prod WAIT=0');
    expect(reset.stderr).toContain('the wall of prod still stands: prod was protected');
    expect(reset.status).toBe(77);

    // The line that it names.
    scratch.write('env/environments.ts', registry);
    succeeded(await scratch.runTask('up ENV=prod'));
    succeeded(await scratch.runTask('db-drop-wall-env ENV=prod FORCE=1 BACKUP=skip'));
    succeeded(await scratch.runTask('down ENV=prod'));
    for (const name of volumes) await docker('volume', 'rm', name);
  },
  PATIENCE,
);
