/**
 * Node.js 21 and newer have `navigator.userAgent`, and pg reads it. Without it, pg creates an HTTP `Response`, so that
 * Node.js loads its whole HTTP client: half of the time of loading pg.
 */
(globalThis as { navigator?: { readonly userAgent: string } }).navigator ??= {
  userAgent: `Node.js/${process.versions.node.split('.')[0]}`,
};
