import { flag, required } from '../../parameters/kinds.ts';
import type { Parameter } from '../../parameters/parameter.ts';

/** Parameters of each task that shows a comparison. */

export const VERBOSE = flag('each changed definition, line by line');
export const JSON_RESULT = flag('the result as JSON');
export const HTML: Parameter<string> = {
  ...required('a page to write as well, for a browser and for print; - for standard output', {
    placeholder: '<file>',
    defaultNote: 'none',
  }),
  required: false,
};
