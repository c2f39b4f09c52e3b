import { isBase, type FoundFile } from './compose-files.ts';
import type { Candidate } from './found-environment.ts';

/** Files that name no environment, and that the repository gives to compose together. */
export function chained(files: readonly string[], live: readonly FoundFile[], taken: boolean): Candidate[] {
  const found = files.flatMap((path) => live.find((one) => one.path === path) ?? []);
  const isOne =
    found.length === files.length &&
    found.some(({ hasDatabase }) => hasDatabase) &&
    found.every((file) => file.means === undefined && !isBase(file));
  if (!isOne) return [];
  const sign = found.find((file) => file.sign !== undefined)?.sign;
  const because =
    sign ?? (taken ? 'nothing says that it is local' : 'the repository gives them to compose together');
  return [
    { name: taken ? 'main' : 'dev', files, protected: taken || sign !== undefined, because, file: undefined },
  ];
}

/** Files that name no environment and need services of the file with the database: `storages.yaml`, `app.yaml`. */
export function depending(live: readonly FoundFile[], chains: readonly (readonly string[])[]): Candidate[] {
  const isPlain = (file: FoundFile): boolean =>
    file.means === undefined && !isBase(file) && !chains.some((chain) => chain.includes(file.path));
  return live.filter(isPlain).flatMap((under): Candidate[] => {
    const over = live.filter(
      (file) =>
        isPlain(file) &&
        !file.hasDatabase &&
        file.lacks.length > 0 &&
        file.lacks.every((service) => under.services.includes(service)),
    );
    if (!under.hasDatabase || over.length === 0) return [];
    const files = [under, ...over].map(({ path }) => path);
    const because = `${files[1]!} needs ${files[0]!}, and nothing says that they are local`;
    return [{ name: 'main', files, protected: true, because, file: undefined }];
  });
}
