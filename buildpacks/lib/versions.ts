import semver from 'semver';
import type { Version, Warning } from '../buildpack.ts';
import { type Language, type Line, tablesDate } from './languages.ts';
import { matchesPython } from './pep440.ts';

export { type Language, type Line, languages, tablesDate } from './languages.ts';

/** What a file asks for. The first request decides; later ones are only checked against it. */
export interface VersionRequest {
  /** As written: `20`, `v20.1.0`, `>=18`, `^3.11`, `lts/*`. */
  value: string;
  /** `.nvmrc`, `package.json engines.node` … */
  source: string;
  /** A lower bound that any newer version meets (Go's `go` line, Rust's `rust-version`). */
  minimum?: boolean;
}

/** Chooses a version, with one precedence: the order of the requests. Reports conflicts, ends of life and nonsense. */
export function resolveVersion(
  language: Language,
  requests: readonly (VersionRequest | null)[],
): { version: Version; warnings: Warning[] } {
  const warnings: Warning[] = [];
  let chosen: Version | null = null;
  for (const request of requests) {
    if (request === null || request.value.trim() === '') continue;
    if (chosen !== null) {
      if (!satisfies(language, chosen.value, request)) {
        warnings.push({
          code: 'version-conflict',
          message: `${request.source} asks for ${language.name} ${request.value}, ${chosen.source} for ${chosen.value}: ${chosen.source} wins.`,
        });
      }
      continue;
    }
    const value = solve(language, request);
    if (value !== null) chosen = { value, source: request.source };
    else {
      warnings.push({
        code: 'version-unknown',
        message: `${request.source} asks for ${language.name} ${JSON.stringify(request.value)}, which no known release meets; it is not used.`,
      });
    }
  }
  const version = chosen ?? { value: language.preferred, source: 'default' };
  const eol = lineOf(language, version.value)?.eol;
  if (eol !== undefined && eol < tablesDate) {
    warnings.push({
      code: 'end-of-life',
      message: `${language.name} ${version.value} (${version.source}) has had no security fixes since ${eol}; ${language.preferred} is current.`,
    });
  }
  return { version, warnings };
}

/** The release line that a version belongs to; undefined when the table has none. */
export function lineOf(language: Language, version: string): Line | undefined {
  return language.lines.find((known) => version === known.line || version.startsWith(`${known.line}.`));
}

/** Whether a chosen version (a line or an exact one) can meet a request. */
function satisfies(language: Language, version: string, request: VersionRequest): boolean {
  const wanted = normalize(language, request);
  if (wanted === null) return true;
  const known = lineOf(language, version);
  const exact = version.split('.').length >= 3 ? version : (known?.latest ?? version);
  if (matches(language, exact, wanted)) return true;
  // A line meets a request for an exact patch release of that line.
  return (
    known !== undefined &&
    version === known.line &&
    new RegExp(`^v?${known.line.replace('.', '\\.')}(\\.|$)`).test(wanted)
  );
}

/** The line, or the exact or `x.y` version, that meets the request; null when nothing does. */
function solve(language: Language, request: VersionRequest): string | null {
  const wanted = normalize(language, request);
  if (wanted === null) return null;
  const plain = /^v?(\d+(?:\.\d+){0,2})$/.exec(wanted)?.[1];
  if (plain !== undefined) {
    const known = lineOf(language, plain);
    if (known !== undefined) return plain;
    // `3` for Python, `1` for Go: the preferred line when it belongs to it, else the newest that does.
    const inside = language.lines.filter((one) => one.line.startsWith(`${plain}.`));
    if (inside.length > 0)
      return (inside.find((one) => one.line === language.preferred) ?? inside.at(-1))?.line ?? null;
    return /^\d+(\.\d+)*$/.test(plain) && newerThanAll(language, plain) ? plain : null;
  }
  const order = [language.preferred, ...language.lines.map((known) => known.line).reverse()];
  const alive = (name: string) => (lineOf(language, name)?.eol ?? '') >= tablesDate;
  for (const name of [...order.filter(alive), ...order.filter((one) => !alive(one))]) {
    const known = lineOf(language, name);
    if (known !== undefined && matches(language, known.latest, wanted)) return known.line;
  }
  return withinPatch(language, wanted);
}

/** A range such as `~20.10` that no line's newest release meets: the narrowest prefix it names. */
function withinPatch(language: Language, wanted: string): string | null {
  if (language.scheme === 'pep440') {
    const exact = /(?:===?|~=)\s*v?(\d+\.\d+(?:\.\d+)?)/.exec(wanted)?.[1];
    if (exact !== undefined && lineOf(language, exact) !== undefined) return exact;
    const below = /<=?\s*(\d+\.\d+)/.exec(wanted)?.[1];
    const known = language.lines.findLast(
      (one) => below !== undefined && matches(language, `${one.line}.0`, wanted),
    );
    return known?.line ?? null;
  }
  const lowest = semver.validRange(wanted) === null ? null : semver.minVersion(wanted);
  if (lowest === null || lineOf(language, lowest.version) === undefined) return null;
  const minor = `${lowest.major}.${lowest.minor}`;
  return semver.satisfies(`${minor}.99`, wanted) ? minor : lowest.version;
}

function matches(language: Language, exact: string, wanted: string): boolean {
  if (language.scheme === 'pep440') return matchesPython(exact, wanted);
  const version = semver.coerce(exact);
  return version !== null && semver.validRange(wanted) !== null && semver.satisfies(version, wanted);
}

function newerThanAll(language: Language, plain: string): boolean {
  const newest = semver.coerce(language.lines.at(-1)?.latest ?? '0');
  const asked = semver.coerce(plain);
  return newest !== null && asked !== null && semver.gt(asked, newest);
}

/** Words and minimums as ranges; null for what asks for nothing (`*`, `latest`, `system`). */
function normalize(language: Language, request: VersionRequest): string | null {
  const value = request.value.trim().replace(/^(node|nodejs|python|go|ruby|cpython|ruby)[-@]?v?(?=\d)/i, '');
  if (/^(\*|x|latest|current|stable|system|default|lts|lts\/\*|lts-latest|node|any|)$/i.test(value))
    return null;
  const code = /^lts[/-](\w+)$/i.exec(value)?.[1]?.toLowerCase();
  if (code !== undefined) {
    return { gallium: '16', hydrogen: '18', iron: '20', jod: '22', krypton: '24' }[code] ?? null;
  }
  if (request.minimum === true) return `>=${value.replace(/^v/, '')}`;
  if (language.scheme === 'pep440') return value;
  return value.replace(/(\d)\s*,\s*(?=[<>=^~\d])/g, '$1 ');
}
