import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Chromium's file; empty where there is none. */
    browser: string;
  }
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Looks once for a browser on PATH. `MAKESAFE_E2E=required` makes a missing one a failure instead of a loud skip.
 */
export default function setup(project: TestProject): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const files = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const browser = files.find((file) => existsSync(file)) ?? '';
  if (browser === '') {
    const reason = `no browser is on PATH (${NAMES.join(', ')})`;
    if (process.env['MAKESAFE_E2E'] === 'required')
      throw new Error(`the tests of the HTML report are required, but ${reason}`);
    console.warn(
      `\n${'!'.repeat(72)}\nSKIPPING THE TESTS OF THE HTML REPORT: ${reason}\n${'!'.repeat(72)}\n`,
    );
  }
  project.provide('browser', browser);
}

/** A browser of this test's own, which asks nobody for anything. */
export function openBrowser(file: string): Promise<Browser> {
  const quiet = [
    ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...['--disable-gpu', '--disable-quic'],
  ];
  // Its sandbox refuses root, whom containers and CI usually are.
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: file, headless: true, args: [...quiet, ...root] });
}
