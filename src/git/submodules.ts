import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { PassThrough, pipeline as passOn, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { UserError } from '../errors.ts';
import type { AppId } from '../types.ts';
import { type GitDir, GitError, git } from './process.ts';
import type { Repositories } from './repositories.ts';
import { archive, type Gitlink, readTree, refuseLfs, type Tree } from './tree.ts';

/** Files of one commit, and the folder that they belong in (empty: the root). */
export interface Part {
  dir: GitDir;
  commit: string;
  folder: string;
}

export interface SubmoduleOptions {
  repositories: Repositories;
  appId: AppId;
  /** Beside git's own environment: proxies, an authority of the host's own. */
  fetchEnv: Record<string, string>;
  /** For all submodules together. */
  timeoutMs: number;
  log: (line: string) => void;
  signal: AbortSignal;
}

const mostSubmodules = 100;
const deepest = 5;
/** Smart and dumb HTTP and git's own protocol; never ssh (we have no key), file or ext (which runs commands). */
const protocols = new Set(['https:', 'http:', 'git:']);

/**
 * The parts that make up a commit: itself and its submodules, fetched where they can be reached, without a checkout
 * (whose long list of holes begins with CVE-2018-11235) and without `git submodule`. UserError `submodule-unreachable`
 * or `lfs-unsupported` otherwise. Fetched commits stay in the app's own cache: other apps cannot see them.
 */
export async function collectParts(root: Part, tree: Tree, options: SubmoduleOptions): Promise<Part[]> {
  await refuseLfs(root.dir, tree, options.signal);
  const parts = [root];
  if (tree.gitlinks.length === 0) return parts;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  await collect(root, tree, { ...options, signal }, parts, 0);
  return parts;
}

async function collect(
  part: Part,
  tree: Tree,
  options: SubmoduleOptions,
  parts: Part[],
  depth: number,
): Promise<void> {
  if (tree.gitlinks.length === 0) return;
  const urls = await readUrls(part, options.signal);
  for (const gitlink of tree.gitlinks) {
    const path = part.folder ? `${part.folder}/${gitlink.path}` : gitlink.path;
    if (parts.length > mostSubmodules || depth >= deepest)
      throw unreachable(path, `there are more than ${mostSubmodules} submodules, or they nest too deeply`);
    const url = submoduleUrl(path, urls.get(gitlink.path) ?? null);
    await refuseHost(path, url);
    const dir = await fetchCommit(path, url, gitlink, options);
    const below = { dir, commit: gitlink.commit, folder: path };
    parts.push(below);
    const inside = await readTree(dir, gitlink.commit, options.signal);
    await refuseLfs(dir, inside, options.signal);
    await collect(below, inside, options, parts, depth + 1);
  }
}

/** Path → address, from the commit's own .gitmodules. git's parser, told to read a blob: no includes, no checkout. */
async function readUrls(part: Part, signal: AbortSignal): Promise<Map<string, string>> {
  const names = new Map<string, { path?: string; url?: string }>();
  try {
    const args = ['config', '--list', '-z', '--no-includes', `--blob=${part.commit}:.gitmodules`];
    const list = await git(args, part.dir.env, { signal, maxBytes: 1024 * 1024 });
    for (const item of list.split('\0')) {
      const match = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(item);
      const [name, key, value] = match?.slice(1) ?? [];
      if (name === undefined || key === undefined || value === undefined) continue;
      names.set(name, { ...names.get(name), [key]: value });
    }
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    // No .gitmodules, or a broken one: each gitlink then says that nothing tells where it is.
  }
  return new Map([...names.values()].flatMap(({ path, url }) => (path && url ? [[path, url]] : [])));
}

/** Pure: the address to fetch. An ssh address is tried as https, since the public ones answer to both. */
export function submoduleUrl(path: string, url: string | null): URL {
  if (url === null)
    throw new UserError(
      'submodule-unreachable',
      `${path} is a link to another repository, but .gitmodules does not say where that is.`,
      `If its files belong to your app: rm -rf ${path}/.git && git rm --cached ${path} && git add ${path}, commit, push again.`,
    );
  if (/^\.{1,2}\//.test(url))
    throw unreachable(path, `its address ${url} is relative, and Landfall cannot know to what`);
  const ssh = /^(?:ssh:\/\/)?(?:[\w.-]+@)([\w.-]+)(?::\d+\/|:|\/)([\w./~-]+)$/.exec(url);
  const parsed = URL.parse(ssh ? `https://${ssh[1]}/${ssh[2]}` : url);
  if (!parsed || !protocols.has(parsed.protocol) || parsed.hostname === '')
    throw unreachable(path, `its address ${url} is none that Landfall fetches (https, http, git)`);
  return parsed;
}

/** Nobody keeps git repositories at link-local addresses, but clouds keep their machines' credentials there. */
async function refuseHost(path: string, url: URL): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const found = await lookup(host, { all: true }).catch(() => []);
  if (found.length === 0) throw unreachable(path, `the host ${host} is not known`);
  if (found.some(({ address }) => isForbidden(address)))
    throw unreachable(path, `the address of ${host} is not a public one`);
}

/** Pure: link-local, unspecified and multicast addresses. */
export function isForbidden(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, '');
  return (
    /^(0\.|169\.254\.|2(2[4-9]|[345]\d)\.|fe[89ab]|ff|fd00:ec2:|::$)/.test(plain) ||
    plain === '100.100.100.200'
  );
}

async function fetchCommit(
  path: string,
  url: URL,
  { commit }: Gitlink,
  { repositories, appId, fetchEnv, signal, log }: SubmoduleOptions,
): Promise<GitDir> {
  const name = createHash('sha256').update(url.href).digest('hex').slice(0, 32);
  const dir = await repositories.createBeside(appId, name);
  const has = () =>
    git(['cat-file', '-e', `${commit}^{tree}`], dir.env).then(
      () => true,
      () => false,
    );
  if (await has()) return dir;
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  log(`Fetching the submodule ${path} from ${shown}`);
  const env = { ...dir.env, ...fetchEnv, GIT_ALLOW_PROTOCOL: 'https:http:git', GIT_ASKPASS: '/bin/false' };
  const fetch = [
    '-c',
    'fetch.fsckObjects=true',
    '-c',
    'core.hooksPath=/dev/null',
    'fetch',
    '--quiet',
    '--no-tags',
  ];
  const common = [...fetch, '--no-recurse-submodules', '--no-write-fetch-head'];
  const all = ['+refs/heads/*:refs/fetched/heads/*', '+refs/tags/*:refs/fetched/tags/*'];
  try {
    // Servers that do not give single commits, or no shallow ones, give everything.
    await git([...common, '--depth=1', '--', url.href, commit], env, { signal }).catch(async (error) => {
      if (!(error instanceof GitError)) throw error;
      await git([...common, '--', url.href, ...all], env, { signal });
    });
  } catch (error) {
    throw asUnreachable(error, path, shown);
  }
  if (await has()) return dir;
  throw unreachable(path, `${shown} has no commit ${commit.slice(0, 10)}`);
}

function asUnreachable(error: unknown, path: string, shown: string): unknown {
  if (error instanceof GitError) {
    // Only git's own last word: what the other server answered is nobody's business here.
    const fatal = error.stderr.split('\n').findLast((line) => line.startsWith('fatal: '));
    return unreachable(
      path,
      `${shown} cannot be fetched${fatal ? ` (${withoutSecrets(fatal.slice(7))})` : ''}`,
    );
  }
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return unreachable(path, `${shown} took too long to fetch`);
  return error;
}

function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@\s']*@/g, '//');
}

function unreachable(path: string, why: string): UserError {
  return new UserError(
    'submodule-unreachable',
    `The submodule ${path} is not to be had: ${withoutSecrets(why)}.`,
    `Push its commit and let it be read over https without a password, or put its files into this repository: rm -rf ${path}/.git && git rm --cached ${path} && git add ${path}, commit, push again.`,
  );
}

/** One tar of all parts. */
export function archiveParts(parts: readonly Part[], signal: AbortSignal): Readable {
  const [first] = parts;
  if (first && parts.length === 1) return archive(first.dir, first.commit, first.folder, signal);
  const pack = tar.pack();
  merge(pack, parts, signal).catch((error: unknown) =>
    pack.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  const out = new PassThrough();
  passOn(pack, out, () => {});
  return out;
}

async function merge(pack: tar.Pack, parts: readonly Part[], signal: AbortSignal): Promise<void> {
  for (const { dir, commit, folder } of parts) {
    const source = archive(dir, commit, folder, signal);
    const extract = tar.extract();
    source.on('error', (error) => extract.destroy(error));
    source.pipe(extract);
    for await (const entry of extract) {
      const sink = pack.entry(entry.header);
      if (entry.header.type === 'file') await pipeline(entry, sink);
      else entry.resume();
    }
  }
  pack.finalize();
}
