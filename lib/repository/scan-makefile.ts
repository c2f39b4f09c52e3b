/** A part of a makefile. Texts are as written, with variables not expanded. */
export type Part =
  | {
      readonly kind: 'rule';
      readonly targets: string;
      readonly prerequisites: string;
      readonly recipe: string[];
    }
  | { readonly kind: 'variable'; readonly name: string; readonly operator: string; readonly value: string }
  | { readonly kind: 'include'; readonly files: string }
  /** The makefile exports all variables, or some by name. */
  | { readonly kind: 'export' }
  /** make may create targets while it reads the makefile. */
  | { readonly kind: 'computed' };

const CONDITIONAL = /^(ifn?eq|ifn?def|else|endif|vpath|undefine|override|private)\b/;

/**
 * The parts of a makefile's text, in order. Includes both branches of each conditional: only make knows which one it
 * takes. Pure.
 *
 * @see https://www.gnu.org/software/make/manual/html_node/Makefile-Contents.html
 */
export function scanMakefile(text: string): Part[] {
  const parts: Part[] = [];
  let recipe: string[] | undefined;
  let isDefine = false;
  for (const line of text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    if (/^\s*define\b/.test(line)) isDefine = true;
    if (isDefine) {
      if (/^\s*endef\b/.test(line)) isDefine = false;
      continue;
    }
    if (line.startsWith('\t')) {
      recipe?.push(line.trim());
      continue;
    }
    const plain = line.replace(/(^|\s)#.*$/, '').trim();
    if (plain === '' || CONDITIONAL.test(plain)) continue;
    for (const part of partsOf(plain)) {
      parts.push(part);
      if (part.kind !== 'export' && part.kind !== 'computed') recipe = undefined;
      if (part.kind === 'rule') recipe = part.recipe;
    }
  }
  return parts;
}

/** The parts of one line outside of recipes, without its comment. */
function partsOf(line: string): Part[] {
  const [, files] = line.match(/^[-s]?include\s+(.*)$/) ?? [];
  if (files !== undefined) return [{ kind: 'include', files }];
  const [, name, operator, value] = line.match(/^(?:export\s+)?([\w.-]+)\s*([:?+!]{0,3})=\s*(.*)$/) ?? [];
  if (name !== undefined) return [{ kind: 'variable', name, operator: operator!, value: value! }];
  // Names behind `export` may be those of an included env file: `export $(shell sed 's/=.*//' .env)`.
  const exported: Part[] =
    /^export(\s|$)/.test(line) || /^\.EXPORT_ALL_VARIABLES\s*:/.test(line) ? [{ kind: 'export' }] : [];
  if (/^export\b/.test(line)) return exported;
  const computed: Part[] = /\$[({](eval|foreach)\b/.test(line) ? [{ kind: 'computed' }] : [];
  return [...exported, ...computed, ...ruleIn(line)];
}

function ruleIn(line: string): Part[] {
  const [, targets, right = ''] = line.match(/^([^:=]+)::?(?!=)(.*)$/) ?? [];
  if (targets === undefined) return [];
  // A target-specific variable, which has no recipe.
  if (/^\s*[\w.-]+\s*[:?+]?=/.test(right))
    return [{ kind: 'rule', targets: '', prerequisites: '', recipe: [] }];
  const [prerequisites = '', inline] = right.split(/;(.*)/s);
  return [{ kind: 'rule', targets, prerequisites, recipe: inline === undefined ? [] : [inline.trim()] }];
}
