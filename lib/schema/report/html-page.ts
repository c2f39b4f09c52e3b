import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Markup, markup, type Content } from './markup.ts';
import { GENERATOR } from './ours.ts';

interface PageParts {
  readonly title: string;
  /** Classes of the body. */
  readonly look?: string;
  readonly main: Content;
  readonly footer: string;
}

/**
 * One self-contained page: no network, no fonts, no other files. All texts are escaped. In addition, the content security
 * policy allows only the page's own style and script.
 */
export function htmlPage({ title, look = '', main, footer }: PageParts): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${new Markup(GENERATOR)}
<meta http-equiv="Content-Security-Policy" content="${policy(readAsset('page.css'), readAsset('page.js'))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(readAsset('page.css'))}</style>
</head>
<body class="${look}">
<main>
${main}
</main>
<footer>${footer}</footer>
</body>
</html>
`.text;
}

/** The script of a page that has a filter. */
export const pageScript = (): Markup => markup`<script>${new Markup(readAsset('page.js'))}</script>\n`;

/** `2026-05-01 12:30 UTC`, as an element. */
export const timeElement = (at: Date): Markup =>
  markup`<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`;

const readAsset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

function policy(style: string, script: string): string {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const own = `style-src ${hash(style)}; script-src ${hash(script)}`;
  return `default-src 'none'; ${own}; base-uri 'none'; form-action 'none'`;
}
