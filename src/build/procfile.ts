import type { Warning } from '../../buildpacks/buildpack.ts';

/** Reads a Procfile: process name → command line, in the file's order. Lines that are none are reported, not fatal. */
export function parseProcfile(text: string): { processes: Record<string, string>; warnings: Warning[] } {
  const processes: Record<string, string> = {};
  const warnings: Warning[] = [];
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([A-Za-z0-9_-]+)\s*:\s*(.+)$/.exec(line);
    const [, name = '', command = ''] = match ?? [];
    if (match === null) {
      warnings.push({
        code: 'procfile-line',
        message: `Line ${index + 1} of the Procfile is not "name: command" and is not used.`,
      });
    } else processes[name] = command.trim();
  }
  return { processes, warnings };
}
