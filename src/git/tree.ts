import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { UserError } from '../errors.ts';
import { ended, type GitDir, git, killGroup, spawnGit } from './process.ts';

/** A link to a commit of another repository, where a submodule's files belong. */
export interface Gitlink {
  path: string;
  commit: string;
}

export interface Tree {
  id: string;
  gitlinks: Gitlink[];
  /** Whether a .gitattributes in it names the filter `lfs`. */
  usesLfs: boolean;
}

/** Unpacked files of one push together; more is refused before anything is built. */
const mostBytes = 8 * 1024 ** 3;
/** A pointer file is smaller than this (Git LFS specification). */
const pointerBytes = 1024;
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const pointer = 'version https://git-lfs.github.com/spec/v1';

/** One line of `git ls-tree -l`. */
interface Entry {
  type: string;
  id: string;
  size: number;
  path: string;
}

/** The commit's tree id. UserError `bad-branch` when the id is no commit (git would say so only after the hook). */
export async function treeOf(dir: GitDir, commit: string, signal: AbortSignal): Promise<string> {
  const answer = await git(['cat-file', '--batch-check'], dir.env, {
    input: `${commit}\n${commit}^{tree}\n`,
    signal,
  });
  const [first, second] = answer.split('\n').map((line) => line.split(' '));
  if (first?.[1] !== 'commit' || !second?.[0])
    throw new UserError(
      'bad-branch',
      `${commit.slice(0, 10)} is a ${first?.[1] ?? 'missing object'}, not a commit.`,
      'Push the commit that a tag names: git push production <tag>^{commit}:main',
    );
  return second[0];
}

/** Reads the tree once. UserError `empty-push` for a commit without files, `too-large` for absurdly many bytes. */
export async function readTree(dir: GitDir, commit: string, signal: AbortSignal): Promise<Tree> {
  const id = await treeOf(dir, commit, signal);
  if (id === emptyTree)
    throw new UserError(
      'empty-push',
      `The commit ${commit.slice(0, 10)} has no files.`,
      'Add your files and commit: git add -A && git commit, then push again.',
    );
  const gitlinks: Gitlink[] = [];
  const attributes: string[] = [];
  let bytes = 0;
  await listTree(dir, id, signal, (entry) => {
    bytes += entry.size;
    if (entry.type === 'commit') gitlinks.push({ path: entry.path, commit: entry.id });
    else if (/(^|\/)\.gitattributes$/.test(entry.path) && entry.size < 1024 * 1024) attributes.push(entry.id);
  });
  if (bytes > mostBytes)
    throw new UserError(
      'too-large',
      `The commit's files have ${(bytes / 1024 ** 3).toFixed(1)} GiB; ${mostBytes / 1024 ** 3} GiB is the limit.`,
      'Keep large data out of the repository: fetch it in the build or at the start, or use a volume.',
    );
  let usesLfs = false;
  await readBlobs(dir, attributes, signal, (content) => {
    usesLfs ||= /^[^#\n]*\sfilter=lfs(\s|$)/m.test(content);
  });
  return { id, gitlinks, usesLfs };
}

/** UserError `lfs-unsupported` naming the files whose content Git LFS keeps elsewhere. */
export async function refuseLfs(dir: GitDir, tree: Tree, signal: AbortSignal): Promise<void> {
  if (!tree.usesLfs) return;
  const small = new Map<string, string>();
  await listTree(dir, tree.id, signal, ({ type, id, size, path }) => {
    if (type === 'blob' && size >= pointer.length && size < pointerBytes) small.set(id, path);
  });
  const files: string[] = [];
  await readBlobs(dir, [...small.keys()], signal, (content, id) => {
    if (content.startsWith(pointer)) files.push(small.get(id) ?? id);
  });
  if (files.length === 0) return;
  const named = files.slice(0, 5).join(', ') + (files.length > 5 ? ` and ${files.length - 5} more` : '');
  throw new UserError(
    'lfs-unsupported',
    `Git LFS keeps the content of ${named} elsewhere; Landfall would get only pointers to it.`,
    `Put the files themselves into git: git lfs migrate export --include='*' --everything, then push with --force.`,
  );
}

/** `git archive` of the commit. Fails when git does, and with the signal's reason. */
export function archive(dir: GitDir, commit: string, prefix: string, signal: AbortSignal): Readable {
  // Modes as in a usual checkout; git's default for tars lets the group write.
  const args = [
    '-c',
    'tar.umask=0022',
    'archive',
    '--format=tar',
    ...(prefix ? [`--prefix=${prefix}/`] : []),
    commit,
  ];
  const child = spawnGit(args, dir.env);
  child.stdin.end();
  const out = new PassThrough();
  const stop = () => out.destroy(signal.reason);
  out.on('close', () => {
    signal.removeEventListener('abort', stop);
    if (!out.readableEnded) killGroup(child);
  });
  if (signal.aborted) queueMicrotask(stop);
  else signal.addEventListener('abort', stop, { once: true });
  child.stdout.pipe(out, { end: false });
  ended(child, args).then(
    () => out.end(),
    (error) => out.destroy(error),
  );
  return out;
}

/** Calls back for every entry below the tree, without holding them all. */
async function listTree(dir: GitDir, tree: string, signal: AbortSignal, each: (entry: Entry) => void) {
  let rest = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0, from)) {
      const match = /^\d+ (\w+) ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(rest.toString('utf8', from, end));
      const [type, id, size, path] = match?.slice(1) ?? [];
      if (type && id && path !== undefined) each({ type, id, size: Number(size) || 0, path });
      from = end + 1;
    }
    rest = rest.subarray(from);
  };
  await git(['ls-tree', '-r', '-l', '-z', '--full-tree', tree], dir.env, { signal, onData });
}

/** Calls back with the text of each blob; they must be small, a thousand of them are held at a time. */
async function readBlobs(
  dir: GitDir,
  ids: readonly string[],
  signal: AbortSignal,
  each: (content: string, id: string) => void,
): Promise<void> {
  for (let from = 0; from < ids.length; from += 1000) {
    const chunks: Buffer[] = [];
    const input = `${ids.slice(from, from + 1000).join('\n')}\n`;
    await git(['cat-file', '--batch'], dir.env, { signal, input, onData: (chunk) => chunks.push(chunk) });
    const all = Buffer.concat(chunks);
    for (let at = 0; at < all.length; ) {
      const line = all.indexOf('\n', at);
      const [id, , size] = all.toString('utf8', at, line).split(' ');
      at = line + 1 + Number(size) + 1;
      each(all.toString('utf8', line + 1, at - 1), id ?? '');
    }
  }
}
