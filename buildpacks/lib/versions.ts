import semver from 'semver';
import type { Version, Warning } from '../buildpack.ts';
import { matchesPython } from './pep440.ts';

/** The day the tables below were checked. Ends of life are compared with it, so that a plan never reads a clock. */
export const tablesDate = '2026-11-24';

export interface Line {
  /** What images are tagged with: `24`, `3.13`. */
  line: string;
  /** Newest patch release that is known; decides whether a range is met by the line. */
  latest: string;
  /** Day after which there are no security fixes. */
  eol: string;
}

export interface Language {
  name: string;
  scheme: 'semver' | 'pep440';
  /** Used when nothing is asked for, and preferred by open ranges. */
  preferred: string;
  /** Old to new. */
  lines: readonly Line[];
}

const line = (name: string, latest: string, eol: string): Line => ({ line: name, latest, eol });

export const languages = {
  node: {
    name: 'Node',
    scheme: 'semver',
    preferred: '24',
    lines: [
      line('16', '16.20.2', '2023-09-11'),
      line('18', '18.20.8', '2025-04-30'),
      line('19', '19.9.0', '2023-06-01'),
      line('20', '20.20.2', '2026-04-30'),
      line('21', '21.7.3', '2024-06-01'),
      line('22', '22.23.3', '2027-04-30'),
      line('23', '23.11.1', '2025-06-01'),
      line('24', '24.21.0', '2028-04-30'),
      line('25', '25.9.0', '2026-06-01'),
      line('26', '26.10.0', '2029-04-30'),
    ],
  },
  python: {
    name: 'Python',
    scheme: 'pep440',
    preferred: '3.13',
    lines: [
      line('3.7', '3.7.17', '2023-06-27'),
      line('3.8', '3.8.20', '2024-10-07'),
      line('3.9', '3.9.25', '2025-10-31'),
      line('3.10', '3.10.20', '2026-10-31'),
      line('3.11', '3.11.15', '2027-10-31'),
      line('3.12', '3.12.13', '2028-10-31'),
      line('3.13', '3.13.12', '2029-10-31'),
      line('3.14', '3.14.8', '2030-10-31'),
    ],
  },
  go: {
    name: 'Go',
    scheme: 'semver',
    preferred: '1.27',
    lines: [
      line('1.18', '1.18.10', '2023-02-01'),
      line('1.19', '1.19.13', '2023-08-08'),
      line('1.20', '1.20.14', '2024-02-06'),
      line('1.21', '1.21.13', '2024-08-13'),
      line('1.22', '1.22.12', '2025-02-11'),
      line('1.23', '1.23.12', '2025-08-12'),
      line('1.24', '1.24.13', '2026-02-10'),
      line('1.25', '1.25.12', '2026-08-11'),
      line('1.26', '1.26.8', '2027-02-10'),
      line('1.27', '1.27.4', '2027-08-10'),
    ],
  },
  java: {
    name: 'Java',
    scheme: 'semver',
    preferred: '21',
    lines: [
      line('8', '8.0.492', '2030-12-31'),
      line('11', '11.0.31', '2027-10-31'),
      line('17', '17.0.19', '2027-10-31'),
      line('21', '21.0.11', '2029-12-31'),
      line('25', '25.0.4', '2031-09-30'),
    ],
  },
  ruby: {
    name: 'Ruby',
    scheme: 'semver',
    preferred: '3.4',
    lines: [
      line('2.3', '2.3.8', '2019-03-31'),
      line('2.4', '2.4.10', '2020-04-05'),
      line('2.5', '2.5.9', '2021-04-05'),
      line('2.6', '2.6.10', '2022-04-12'),
      line('2.7', '2.7.8', '2023-03-31'),
      line('3.0', '3.0.7', '2024-04-23'),
      line('3.1', '3.1.7', '2025-03-26'),
      line('3.2', '3.2.11', '2026-04-01'),
      line('3.3', '3.3.12', '2027-03-31'),
      line('3.4', '3.4.9', '2028-03-31'),
      line('4.0', '4.0.3', '2029-03-31'),
    ],
  },
  php: {
    name: 'PHP',
    scheme: 'semver',
    preferred: '8.4',
    lines: [
      line('5.6', '5.6.40', '2018-12-31'),
      line('7.0', '7.0.33', '2019-01-10'),
      line('7.1', '7.1.33', '2019-12-01'),
      line('7.2', '7.2.34', '2020-11-30'),
      line('7.3', '7.3.33', '2021-12-06'),
      line('7.4', '7.4.33', '2022-11-28'),
      line('8.0', '8.0.30', '2023-11-26'),
      line('8.1', '8.1.34', '2025-12-31'),
      line('8.2', '8.2.31', '2026-12-31'),
      line('8.3', '8.3.31', '2027-12-31'),
      line('8.4', '8.4.21', '2028-12-31'),
      line('8.5', '8.5.6', '2029-12-31'),
    ],
  },
  rust: {
    name: 'Rust',
    scheme: 'semver',
    preferred: '1.96',
    // Every release lives six weeks; a compiler is not exposed, so none is called old.
    lines: Array.from({ length: 98 }, (_, minor) => line(`1.${minor}`, `1.${minor}.1`, '2099-12-31')),
  },
  elixir: {
    name: 'Elixir',
    scheme: 'semver',
    preferred: '1.20',
    lines: [
      line('1.14', '1.14.5', '2026-10-31'),
      line('1.15', '1.15.8', '2027-06-30'),
      line('1.16', '1.16.3', '2027-12-31'),
      line('1.17', '1.17.3', '2028-06-30'),
      line('1.18', '1.18.4', '2028-12-31'),
      line('1.19', '1.19.5', '2029-06-30'),
      line('1.20', '1.20.4', '2030-06-30'),
    ],
  },
  dotnet: {
    name: '.NET',
    scheme: 'semver',
    preferred: '10.0',
    lines: [
      line('6.0', '6.0.36', '2024-11-12'),
      line('7.0', '7.0.20', '2024-05-14'),
      line('8.0', '8.0.28', '2026-11-10'),
      line('9.0', '9.0.17', '2026-11-10'),
      line('10.0', '10.0.9', '2028-11-14'),
      line('11.0', '11.0.0', '2028-05-31'),
    ],
  },
  deno: {
    name: 'Deno',
    scheme: 'semver',
    preferred: '2',
    lines: [line('1', '1.46.3', '2024-10-09'), line('2', '2.9.0', '2099-12-31')],
  },
  bun: { name: 'Bun', scheme: 'semver', preferred: '1', lines: [line('1', '1.4.0', '2099-12-31')] },
} as const satisfies Record<string, Language>;

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
  const value = request.value.trim().replace(/^(node|nodejs|python|go|ruby|cpython|ruby)[-@]?(?=\d)/i, '');
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
