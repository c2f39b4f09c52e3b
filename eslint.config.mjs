import tseslint from 'typescript-eslint';

/**
 * Files are read by lib/system/read-bounded.ts and written by lib/system/files.ts: both know that a path may lead to a pipe, a
 * link, a device, something huge or something of somebody else's. Who does it alone says why.
 */
const ALONE = [
  // These are the place.
  ...['lib/system/files.ts', 'lib/system/**'],
  // Its own protocol: hard links, and lines that are appended and flushed.
  ...['lib/system/lock.ts', 'lib/guard/record/entries.ts'],
  // What the kernel tells of processes: always there, always small.
  ...[
    'lib/system/process-id.ts',
    'lib/system/make.ts',
    'lib/system/signals.ts',
    'lib/stack/embedded/processes.ts',
  ],
  // Files of the package itself, beside the code.
  ...[
    'lib/schema/report/html-page.ts',
    'lib/stack/alembic/program.ts',
    'lib/stack/pg-dump/pg-dump-program.ts',
  ],
  // Dumps have readers of their own.
  ...['lib/dump/dump-file.ts'],
  // Remove, by name, what this tool has made, after having looked at it.
  ...[
    'lib/database/backup/backup.ts',
    'lib/database/backup/backup-retention.ts',
    'lib/database/backup/unfinished-backups.ts',
  ],
  ...['lib/db-rebuild/resume.ts', 'lib/stack/compose/survival/last-seen.ts', 'lib/project/demo.ts'],
  // The embedded server's own folder, under its lock: its password for initdb, its data, the links of its libraries.
  ...['lib/stack/embedded/server.ts', 'lib/stack/embedded/binaries.ts', 'lib/stack/embedded/reserve.ts'],
];
const WRITING = [
  'writeFile',
  'appendFile',
  'rename',
  'rm',
  'rmdir',
  'unlink',
  'cp',
  'copyFile',
  'symlink',
  'link',
  'truncate',
];
const restricted = (name, importNames, message) => ({ name, importNames, message });

export default tseslint.config(
  {
    ignores: [
      ...[
        'node_modules/',
        'data/',
        'backups/',
        'bin/',
        'dist/',
        'tests/fixtures/',
        'eslint.config.mjs',
        '.dependency-cruiser.mjs',
      ],
      ...[
        'lib/schema/report/page.js',
        'lib/environment/registry-process.cjs',
        'tests/helpers/*.cjs',
        'scripts/build-package.mjs',
      ],
    ],
  },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A forgotten await in front of a DROP is the mistake this project exists to prevent.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['lib/**/*.ts', 'tasks/**/*.ts'],
    ignores: ALONE,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            restricted('node:fs', ['readFileSync'], 'read it with lib/system/read-bounded.ts'),
            restricted(
              'node:fs',
              [...WRITING.map((name) => `${name}Sync`), 'createWriteStream', 'promises', 'default'],
              'write it with lib/system/files.ts',
            ),
            restricted(
              'node:fs/promises',
              [...WRITING, 'readFile'],
              'lib/system/read-bounded.ts, lib/system/files.ts',
            ),
            ...['fs', 'fs/promises'].map((name) => ({ name, message: 'it is called node:fs here' })),
          ],
        },
      ],
    },
  },
);
