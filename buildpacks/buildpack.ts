import type { Tree } from './lib/tree.ts';

/** What `plan --json` may name as `stack`. */
export const stacks = [
  'node',
  'bun',
  'deno',
  'python',
  'go',
  'rust',
  'java',
  'ruby',
  'php',
  'elixir',
  'dotnet',
  'static',
  'shell',
  'dockerfile',
  'procfile',
  'nixpacks',
] as const;
export type Stack = (typeof stacks)[number];

/** A read-only tree of files. The same interface over a folder, a tar and a record in a test. */
export interface Source {
  /** Files only, sorted, with `/`. */
  readonly paths: readonly string[];
  /** The text, decoded and without byte order mark; null: absent, binary, a link out of the tree, over 1 MB. */
  read(path: string): string | null;
  /** Bytes; null when absent. */
  size(path: string): number | null;
  /** Where a symbolic link points, as written; null when it is no link. */
  link(path: string): string | null;
}

/** One reason for a stack. A stack's score is the sum of its weights, at most 100. See `weight` for the scale. */
export interface Evidence {
  file: string;
  key: string;
  value: string;
  weight: number;
}

/**
 * The scale of weights, the same for all stacks, so that their sums can be compared:
 * a manifest alone says little (it may only serve tools), an entry that serves says nearly all.
 */
export const weight = {
  /** The language's manifest stands in the root of the app. */
  manifest: 30,
  /** A manifest of another kind that only this language has (lock file, version file). */
  hint: 5,
  /** The manifest asks for a library that serves HTTP, at run time. */
  framework: 30,
  /** There is something to start: a start script, a main package, an entry file. */
  entry: 30,
  /** The framework's own skeleton (manage.py, bin/rails, artisan …): certain. */
  skeleton: 60,
  /** Sources of the language, without any manifest. */
  sources: 15,
  /** Takes away: it only builds assets for another stack, it is a library, it holds scripts only. */
  helper: -30,
} as const;

export interface Warning {
  /** kebab-case, stable: `end-of-life`, `version-conflict`, `no-lock-file` … */
  code: string;
  message: string;
}

export interface Version {
  value: string;
  /** The file and key it came from, or `default`. */
  source: string;
}

/** A base image: the official name, which `ARG` overrides it, and what a server without registry must make instead. */
export interface BaseImage {
  arg: string;
  official: string;
  toolchain: string;
  version: string;
  /** `runtime`: only what runs the app. `build`: with compilers, git and package managers. */
  variant: 'runtime' | 'build';
}

export interface CacheMount {
  /** One id per ecosystem (npm, pip, cargo …), so that all apps of a server share downloads. */
  id: string;
  target: string;
  /** `locked` where two builds must not write at once (apt, yarn 1, cargo's target). Default shared. */
  sharing?: 'locked';
}

/** One instruction of a Dockerfile. `why` becomes the comment above it. Paths of `copy` are in the build context. */
export type Step =
  | { do: 'workdir'; path: string; why?: string }
  | { do: 'env'; values: Record<string, string>; why?: string }
  | { do: 'copy'; from?: string; paths: readonly string[]; to: string; owned?: boolean; why?: string }
  | {
      do: 'run';
      /** Joined by `&&`. */
      commands: readonly string[];
      /** It downloads: gets the authorities of the host. */
      network?: boolean;
      /** The Java store of authorities as well. */
      javaNetwork?: boolean;
      caches?: readonly CacheMount[];
      why?: string;
    }
  /** Writes a small generated text file. The stage needs a shell. */
  | { do: 'write'; path: string; lines: readonly string[]; why?: string };

export interface Stage {
  name: string;
  /** A base image, or the name of an earlier stage. */
  from: BaseImage | string;
  why: string;
  steps: readonly Step[];
}

/** What a buildpack decides. The start command may still be replaced by a setting or the Procfile. */
export interface StackPlan {
  framework: string | null;
  packageManager: string | null;
  version: Version | null;
  /** Served as files: there is no process of the app. */
  static: boolean;
  /** The command line of `web`; null: the image runs by itself (`command`), or there is none. */
  start: string | null;
  /** Argv for the image where there is no command line to show (a file server, a user's Dockerfile). */
  command?: readonly string[];
  /** Other processes that the stack knows of. */
  processes?: Record<string, string>;
  /** The last stage is the image that runs; render adds user, port and command to it. */
  stages: readonly Stage[];
  /** Folders that the running app writes to, absolute; owned by its user. */
  writable?: readonly string[];
  /** The runtime image has no shell (scratch, distroless): the start command must be plain words. */
  shellless?: boolean;
  /** The port that the app listens on whatever PORT says; PORT is set to it. Absent: it reads PORT. */
  port?: number;
  /** Variables that tell the app its port in its own way; `$PORT` in them is the port. */
  portEnv?: Readonly<Record<string, string>>;
  /** Lines for .dockerignore beyond the usual ones; `!x` keeps what is usually left out. */
  ignore?: readonly string[];
  warnings: readonly Warning[];
  evidence?: readonly Evidence[];
  /** Turns a command of the Procfile or the settings into one that the image can run (`npm start` where there is no npm). */
  rewrite?: (command: string) => string;
  /** The Procfile's `web` (or the settings' start) must not be used, and why. */
  rejectStart?: Warning;
}

/** The settings of landfall.toml that a buildpack may honour. */
export interface BuildSettings {
  version: string | null;
  start: string | null;
  build: string | null;
  packageManager: string | null;
  /** The port that the app listens on when it does not read PORT. */
  port: number | null;
  /** The folder with the built files of a static site. */
  output: string | null;
  /** Command lines by process, as `[processes]` names them. */
  processes: Readonly<Record<string, string>>;
}

export interface Context {
  /** The app's folder; all paths relative to it. */
  tree: Tree;
  /** The whole repository, which is the build context. */
  repo: Tree;
  /** The app's folder inside the repository, '' for the root. */
  dir: string;
  /** A path of the app as a path of the build context. */
  at(path: string): string;
  settings: BuildSettings;
  /** Process name → command line. */
  procfile: Readonly<Record<string, string>>;
}

/**
 * What the app would be if this stack were chosen. `server`: a process. `files`: built to files, then served.
 * `tools`: only helps another stack (asset builds, scripts, formatters). Files and tools step back before a server.
 */
export type Role = 'server' | 'files' | 'tools';

export interface Detection {
  role: Role;
  evidence: Evidence[];
}

export interface Buildpack {
  stack: Stack;
  /** Why the tree may be of this stack, weighed; null when nothing speaks for it. Throws only PlanError, for a bad manifest. */
  detect(ctx: Context): Detection | null;
  /** Called when this stack was chosen. Throws PlanError when it cannot be built or has nothing to run. */
  plan(ctx: Context): StackPlan;
}

export interface Candidate {
  stack: Stack;
  score: number;
  /** The one line of landfall.toml that chooses it. */
  choose: string;
}

export type PlanErrorCode = 'ambiguous' | 'nothing-detected' | 'no-start-command' | 'invalid-manifest';

/** Why there is no plan. `outcome` says whose turn it is: choose, give up, or mend a file. */
export class PlanError extends Error {
  readonly outcome: 'ambiguous' | 'unsupported' | 'invalid';
  readonly code: PlanErrorCode;
  readonly hint: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly candidates: readonly Candidate[];

  constructor(
    outcome: 'ambiguous' | 'unsupported' | 'invalid',
    code: PlanErrorCode,
    message: string,
    hint: string,
    where: { file?: string | null; line?: number | null; candidates?: readonly Candidate[] } = {},
  ) {
    super(message);
    this.name = 'PlanError';
    this.outcome = outcome;
    this.code = code;
    this.hint = hint;
    this.file = where.file ?? null;
    this.line = where.line ?? null;
    this.candidates = where.candidates ?? [];
  }
}

/** A file that cannot be understood. */
export function invalid(file: string, line: number | null, message: string, hint: string): PlanError {
  return new PlanError('invalid', 'invalid-manifest', message, hint, { file, line });
}

/** There is nothing to run: a library, a bare collection of scripts. */
export function nothingToRun(message: string, hint: string, file: string | null = null): PlanError {
  return new PlanError('unsupported', 'no-start-command', message, hint, { file });
}

export function evidence(file: string, key: string, value: string, weight: number): Evidence {
  return { file, key, value, weight };
}
