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
      line('10', '10.24.1', '2021-04-30'),
      line('12', '12.22.12', '2022-04-30'),
      line('14', '14.21.3', '2023-04-30'),
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
      line('2.7', '2.7.18', '2020-01-01'),
      line('3.6', '3.6.15', '2021-12-23'),
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
