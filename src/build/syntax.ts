/**
 * Takes the `# syntax=` directive out of a Dockerfile, keeping the number of lines. That line makes BuildKit fetch its
 * frontend from a registry, which fails on a server without one; the frontend that is built in is used instead.
 */
export function stripSyntax(dockerfile: string): string {
  const lines = dockerfile.split('\n');
  // Directives stand before everything else; the first line that is none ends them.
  const end = lines.findIndex((line) => !/^\s*#\s*[a-z]+\s*=/i.test(line));
  const directives = lines.slice(0, end === -1 ? lines.length : end);
  const kept = directives.filter((line) => !/^\s*#\s*syntax\s*=/i.test(line));
  // The gap comes after the other directives: a plain comment before them would end them.
  const gap = directives.slice(kept.length).map(() => '#');
  return [...kept, ...gap, ...lines.slice(directives.length)].join('\n');
}
