import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** A repository as one git process sees it: the environment that names it. */
export interface GitDir {
  /** Absolute path of the bare repository. */
  path: string;
  env: Record<string, string>;
}

/** Thrown when git ends badly: our bug or the world's, unless the caller knows better. */
export class GitError extends Error {
  /** What git wrote to stderr, at most 64 KiB of it. */
  readonly stderr: string;

  constructor(args: readonly string[], ending: string, stderr: string) {
    super(`git ${args[0]} ended with ${ending}: ${stderr.trim().split('\n').slice(-3).join(' / ')}`);
    this.name = 'GitError';
    this.stderr = stderr;
  }
}

const grace = 2_000;
const stderrLimit = 64 * 1024;

/**
 * The whole environment of every git process of ours: nothing is inherited from the server's own. No system or user
 * configuration, no replacement objects, no prompts, no translated messages (we read some of them).
 */
export function gitEnvironment(more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...more,
  };
}

/** The repository at `path`; with a quarantine, its objects are seen too (and new ones would be written there). */
export function gitDir(path: string, quarantine: string | null = null): GitDir {
  const objects = quarantine && {
    GIT_OBJECT_DIRECTORY: quarantine,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: `${path}/objects`,
  };
  return { path, env: gitEnvironment({ GIT_DIR: path, ...objects }) };
}

/** Starts git in a process group of its own, so that `killGroup` reaches its helpers and hooks too. */
export function spawnGit(
  args: readonly string[],
  env: Record<string, string>,
): ChildProcessWithoutNullStreams {
  const child = spawn('git', args, { env, cwd: '/', detached: true, stdio: 'pipe' });
  // A process that ends before it has read everything is no error of ours; its exit code tells the story.
  child.stdin.on('error', () => {});
  return child;
}

/** Ends git, its helpers and its hook: SIGTERM (git removes its temporary files), SIGKILL two seconds later if git is
 * still there. When git itself has ended, what it left behind gets SIGTERM alone: the number may soon be another's. */
export function killGroup(child: ChildProcessWithoutNullStreams): void {
  const { pid } = child;
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  if (hasEnded(child)) return;
  const late = () => {
    if (!hasEnded(child)) signalGroup(pid, 'SIGKILL');
  };
  AbortSignal.timeout(grace).addEventListener('abort', late, { once: true });
}

function hasEnded(child: ChildProcessWithoutNullStreams): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}

/** Resolves when git has ended and its output is read. Rejects with a GitError unless it ended with 0. */
export function ended(child: ChildProcessWithoutNullStreams, args: readonly string[]): Promise<void> {
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < stderrLimit) stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new GitError(args, error.message, stderr)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new GitError(args, signal ?? `code ${code}`, stderr));
    });
  });
}

export interface GitRun {
  signal?: AbortSignal;
  /** Written to stdin. */
  input?: string;
  /** Called with each piece of stdout; without it, the output is returned. */
  onData?: (chunk: Buffer) => void;
  /** The most that is returned; more is a GitError. */
  maxBytes?: number;
}

/** Runs git to its end and returns its stdout as text. Rejects with the signal's reason, or a GitError. */
export async function git(
  args: readonly string[],
  env: Record<string, string>,
  run: GitRun = {},
): Promise<string> {
  return (await gitBytes(args, env, run)).toString('utf8');
}

/** As `git`, for what may be no text. */
export async function gitBytes(
  args: readonly string[],
  env: Record<string, string>,
  run: GitRun = {},
): Promise<Buffer> {
  run.signal?.throwIfAborted();
  const child = spawnGit(args, env);
  const kill = () => killGroup(child);
  run.signal?.addEventListener('abort', kill, { once: true });
  const chunks: Buffer[] = [];
  let room = run.maxBytes ?? 16 * 1024 * 1024;
  child.stdout.on('data', (chunk: Buffer) => {
    if (run.onData) return run.onData(chunk);
    room -= chunk.length;
    if (room < 0) kill();
    else chunks.push(chunk);
  });
  child.stdin.end(run.input ?? '');
  try {
    await ended(child, args);
  } catch (error) {
    run.signal?.throwIfAborted();
    throw error;
  } finally {
    run.signal?.removeEventListener('abort', kill);
  }
  return Buffer.concat(chunks);
}
