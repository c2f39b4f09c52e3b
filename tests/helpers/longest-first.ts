import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those whose files take longest first. */
const SUITES = ['e2e', 'cluster', 'slow', 'integration', 'unit'];

/**
 * The short files last, so that no worker has a long one left while the others have nothing to do. Vitest orders by what
 * files took in the last run, which is not known on a clean clone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification): number => SUITES.indexOf(project.name);
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
