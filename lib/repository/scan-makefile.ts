/** What a part of a makefile is; texts are as they stand there, variables not filled in. */
export type Part =
  | {
      readonly kind: 'rule';
      readonly targets: string;
      readonly prerequisites: string;
      readonly recipe: string[];
    }
  | { readonly kind: 'variable'; readonly name: string; readonly operator: string; readonly value: string }
  | { readonly kind: 'include'; readonly files: string }
  /** All variables are exported. */
  | { readonly kind: 'export' }
  /** Targets may be made while make reads it. */
  | { readonly kind: 'computed' };

const CONDITIONAL = /^(ifn?eq|ifn?def|else|endif|vpath|undefine|override|private)\b/;

/**
 * The parts of a makefile's text, in order. Of conditionals both branches count: which one make takes nobody knows who
 * does not run it. Pure.
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

/** A line without comment that belongs to no recipe. */
function partsOf(line: string): Part[] {
  const [, files] = line.match(/^[-s]?include\s+(.*)$/) ?? [];
  if (files !== undefined) return [{ kind: 'include', files }];
  const [, name, operator, value] = line.match(/^(?:export\s+)?([\w.-]+)\s*([:?+!]{0,3})=\s*(.*)$/) ?? [];
  if (name !== undefined) return [{ kind: 'variable', name, operator: operator!, value: value! }];
  const exported: Part[] =
    /^export\s*$/.test(line) || /^\.EXPORT_ALL_VARIABLES\s*:/.test(line) ? [{ kind: 'export' }] : [];
  if (/^export\b/.test(line)) return exported;
  const computed: Part[] = /\$[({](eval|foreach)\b/.test(line) ? [{ kind: 'computed' }] : [];
  return [...exported, ...computed, ...ruleIn(line)];
}

function ruleIn(line: string): Part[] {
  const [, targets, right = ''] = line.match(/^([^:=]+)::?(?!=)(.*)$/) ?? [];
  if (targets === undefined) return [];
  // A variable of one target: it has no recipe.
  if (/^\s*[\w.-]+\s*[:?+]?=/.test(right))
    return [{ kind: 'rule', targets: '', prerequisites: '', recipe: [] }];
  const [prerequisites = '', inline] = right.split(/;(.*)/s);
  return [{ kind: 'rule', targets, prerequisites, recipe: inline === undefined ? [] : [inline.trim()] }];
}
