/**
 * Newer versions of Node.js say what they are here, and pg asks for it. Where nobody answers, it makes an HTTP response
 * to find out, for which Node.js loads its whole HTTP client: half of the time that loading pg takes.
 */
(globalThis as { navigator?: { readonly userAgent: string } }).navigator ??= {
  userAgent: `Node.js/${process.versions.node.split('.')[0]}`,
};
