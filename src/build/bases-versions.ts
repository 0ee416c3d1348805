/** A version that a recipe of ours makes, and the recipe's build arguments that differ from the defaults in its Dockerfile. */
export interface KnownVersion {
  version: string;
  args?: Record<string, string>;
  /** The Debian suite it stands on; default trixie. */
  suite?: string;
  /** The folder of images/ with its recipe; default: the toolchain's name. */
  folder?: string;
  /** Other bases that it is made with, by the build argument that names them: toolchain and version. */
  needs?: Record<string, [toolchain: string, version: string]>;
}

export interface Toolchain {
  /** Newest first within a major; the first one is taken when no version is asked for. */
  versions: readonly KnownVersion[];
  /** True: any exact release can be had from the registry, listed here or not. */
  open: boolean;
  /** The recipe fetches through the clients of `images/fetch`. */
  fetches: boolean;
  /** In words for a person: Node.js. */
  name: string;
}

const npm10 = { NPM: '10.9.9' };

/** What can be made on a server without an image registry; looked up in the registries on 2026-11-24. */
export const toolchains: Record<string, Toolchain> = {
  debian: {
    name: 'Debian',
    open: false,
    fetches: false,
    versions: [{ version: 'trixie' }, { version: 'bookworm' }, { version: 'forky' }],
  },
  fetch: { name: 'the fetching clients', open: false, fetches: false, versions: [{ version: 'trixie' }] },
  node: {
    name: 'Node.js',
    open: true,
    fetches: true,
    // Each major gets the npm major that it is shipped with.
    versions: [
      { version: '24.21.0' },
      { version: '26.10.0' },
      { version: '25.9.0' },
      { version: '23.11.1', args: npm10 },
      { version: '22.23.3', args: npm10 },
      { version: '20.20.2', args: npm10 },
      { version: '18.20.8', args: { ...npm10, COREPACK: '0.30.0' } },
    ],
  },
  python: {
    name: 'Python',
    open: false,
    fetches: true,
    versions: [
      { version: '3.13' },
      { version: '3.11', suite: 'bookworm' },
      { version: '3.14', suite: 'forky' },
      { version: '3.12', folder: 'python-maven', needs: { JAVA_IMAGE: ['java', '21'] } },
    ],
  },
  static: { name: 'Caddy', open: true, fetches: true, versions: [{ version: '2.11.7' }] },
  bun: { name: 'Bun', open: true, fetches: true, versions: [{ version: '1.4.5' }] },
  deno: { name: 'Deno', open: true, fetches: true, versions: [{ version: '2.9.6' }] },
  go: {
    name: 'Go',
    open: true,
    fetches: false,
    versions: ['1.27.4', '1.26.11', '1.25.14', '1.24.13', '1.23.12', '1.22.12', '1.21.13'].map((version) => ({
      version,
    })),
  },
  rust: {
    name: 'Rust',
    open: false,
    fetches: false,
    versions: [{ version: '1.96' }, { version: '1.85', args: { POCKET: 'trixie' } }],
  },
  java: {
    name: 'Java',
    open: false,
    fetches: false,
    versions: [{ version: '21' }, { version: '25' }, { version: '17', suite: 'bookworm' }],
  },
  ruby: {
    name: 'Ruby',
    open: false,
    fetches: false,
    versions: [{ version: '3.3' }, { version: '3.1', suite: 'bookworm' }],
  },
  php: {
    name: 'PHP',
    open: false,
    fetches: false,
    versions: [{ version: '8.4' }, { version: '8.2', suite: 'bookworm' }],
  },
  elixir: { name: 'Elixir', open: false, fetches: false, versions: [{ version: '1.20', suite: 'forky' }] },
};
