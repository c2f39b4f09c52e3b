/** What a part of a makefile is; texts are as they stand there, variables not filled in. */
export type Part =
  | {
      readonly kind: 'rule';
      readonly targets: string;
      readonly prerequisites: string;
      readonly recipe: string[];
    }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly operator: string;
      readonly value: string;
    }
  | {
      readonly kind: 'include';
      readonly files: string;
    }
  /** All variables are exported. */
  | {
      readonly kind: 'export';
    }
  /** Targets may be made while make reads it. */
  | {
      readonly kind: 'computed';
    };
/**
 * The parts of a makefile's text, in order. Of conditionals both branches count: which one make takes nobody knows who
 * does not run it. Pure.
 *
 * @see https://www.gnu.org/software/make/manual/html_node/Makefile-Contents.html
 */
export declare function scanMakefile(text: string): Part[];
