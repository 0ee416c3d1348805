import { posix } from 'node:path';
import type { Tree } from '../lib/tree.ts';

export interface Requirements {
  /** Normalized names: `psycopg2-binary`. */
  names: Set<string>;
  /** The file and all that it includes (-r, -c), in the app. */
  files: string[];
  /** It installs something of the repository itself (`-e .`, `./lib`). */
  local: boolean;
  /** It fetches from a version control system. */
  git: boolean;
}

/** Reads a requirements file with what it includes. Missing files and unknown options are passed over. */
export function readRequirements(tree: Tree, file: string): Requirements {
  const result: Requirements = { names: new Set(), files: [], local: false, git: false };
  const pending = [{ file, constraints: false }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (result.files.includes(next.file) || result.files.length > 50) continue;
    const text = tree.manifest(next.file);
    if (text === null) continue;
    result.files.push(next.file);
    for (const raw of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
      const line = raw.replace(/(^|\s)#.*$/, '').trim();
      if (line === '') continue;
      const [, option, path] = /^(-r|--requirement|-c|--constraint)[=\s]*(\S+)$/.exec(line) ?? [];
      if (option !== undefined && path !== undefined) {
        pending.push({
          file: posix.normalize(posix.join(posix.dirname(next.file), path)),
          constraints: option.startsWith('-c') || option === '--constraint',
        });
        continue;
      }
      const plain = line.replace(/^(?:-e|--editable)[=\s]+/, '');
      if (/^(?:\.{1,2}(?:\/|\[|$)|\/|file:)/.test(plain)) {
        result.local = true;
        continue;
      }
      if (/^(?:git|hg|svn)\+/.test(plain) || /@\s*git\+/.test(plain)) result.git = true;
      const egg = /#egg=([\w.-]+)/.exec(raw)?.[1];
      const name = egg ?? requirementName(plain);
      if (name !== null && !next.constraints) result.names.add(normalizeName(name));
    }
  }
  return result;
}

/** The name of a PEP 508 requirement; null for options. */
export function requirementName(requirement: string): string | null {
  return /^([A-Za-z0-9][\w.-]*)\s*(?:\[|[<>=!~;@,]|\s|$)/.exec(requirement.trim())?.[1] ?? null;
}

export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** One of Poetry's constraints as PEP 508: `^1.2` → `>=1.2,<2`. */
export function poetryRequirement(name: string, version: string, extras: readonly string[]): string {
  const label = extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
  const clauses = version.split(',').flatMap((raw) => {
    const clause = raw.trim();
    const [, sign = '', number = ''] = /^(\^|~)?=?\s*(\d[\w.]*)$/.exec(clause) ?? [];
    if (clause === '' || clause === '*') return [];
    if (sign === '') return [/^\d/.test(clause) ? `==${clause}` : clause];
    const parts = number.split('.').map((part) => Number.parseInt(part, 10) || 0);
    const fixed =
      sign === '~'
        ? Math.min(2, Math.max(1, parts.length)) - 1
        : Math.max(
            0,
            parts.findIndex((part) => part > 0),
          );
    const upper = parts.slice(0, fixed + 1).map((part, index) => (index === fixed ? part + 1 : part));
    return [`>=${number}`, `<${upper.join('.')}`];
  });
  return `${label}${clauses.join(',')}`;
}
