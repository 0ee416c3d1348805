import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppId } from '../types.ts';
import { code, exists, removeStale, replace, sync, text } from './files.ts';
import { type GitDir, GitError, git, gitDir, gitEnvironment } from './process.ts';
import type { DeployBranch } from './updates.ts';

/**
 * fsck messages that real, old histories run into: clumsy metadata, harmless to us. What can hurt (`.git` in a tree,
 * hostile .gitmodules, unsorted or doubled entries) stays an error.
 */
const harmless = [
  'zeroPaddedFilemode',
  'zeroPaddedDate',
  'badDate',
  'badDateOverflow',
  'badTimezone',
  'badEmail',
  'badName',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeEmail',
  'missingSpaceBeforeDate',
  'missingTaggerEntry',
  'multipleAuthors',
  'badTagName',
  'nulInCommit',
];

/**
 * Why each: fsync, because git acknowledges small pushes unsynced by default; one pack per push (unpackLimit), because it
 * is three syncs instead of one per object; nothing of git's own may refuse or tidy after the hook has deployed
 * (shallowUpdate, deny*, autogc). The hook's path is given at each start instead: it moves with the server.
 */
const config = `[core]
	repositoryformatversion = 0
	bare = true
	filemode = true
	fsync = all
	logAllRefUpdates = false
[transfer]
	fsckObjects = true
	hideRefs = refs/landfall
[receive]
	fsckObjects = true
	unpackLimit = 1
	shallowUpdate = true
	denyNonFastForwards = false
	denyDeletes = false
	denyDeleteCurrent = ignore
	denyCurrentBranch = ignore
	advertisePushOptions = false
	autogc = false
	keepAlive = 1
[receive "fsck"]
${harmless.map((id) => `	${id} = ignore\n`).join('')}[fetch "fsck"]
${harmless.map((id) => `	${id} = ignore\n`).join('')}[gc]
	auto = 0
	autoDetach = false
[maintenance]
	auto = false
`;

/** `git archive` obeys the pushed .gitattributes; this file outranks them, so that every file arrives as committed. */
const attributes = '* -export-ignore -export-subst -text -eol -working-tree-encoding -filter -ident\n';

const branches: readonly DeployBranch[] = ['main', 'master'];

/** The bare repositories, one per app, in `<home>/repos/<app id>.git`. */
export class Repositories {
  readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, 'repos');
  }

  path(appId: AppId): string {
    if (!/^[a-z0-9]{1,64}$/.test(appId)) throw new Error(`not an app id: ${appId}`);
    return join(this.folder, `${appId}.git`);
  }

  dir(appId: AppId, quarantine: string | null = null): GitDir {
    return gitDir(this.path(appId), quarantine);
  }

  /** Makes the repository unless it is there. It appears whole or not at all. */
  async create(appId: AppId): Promise<void> {
    if (await exists(join(this.path(appId), 'HEAD'))) return;
    await mkdir(this.folder, { recursive: true });
    await this.#initialize(this.path(appId));
  }

  /** A repository beside the app's, for what its submodules hold; removed with it. */
  async createBeside(appId: AppId, name: string): Promise<GitDir> {
    const folder = join(this.path(appId), 'submodules');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.git`);
    if (!(await exists(join(path, 'HEAD')))) await this.#initialize(path);
    return gitDir(path);
  }

  async #initialize(path: string): Promise<void> {
    const temporary = join(this.folder, `.new-${randomBytes(8).toString('hex')}`);
    try {
      await git(
        ['init', '--bare', '--quiet', '--template=', '--initial-branch=main', temporary],
        gitEnvironment(),
      );
      await configure(temporary);
      await rename(temporary, path);
      await sync(this.folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      // Another request made it meanwhile.
      if (!(await exists(join(path, 'HEAD')))) throw error;
    }
  }

  /** Removes the repository; no error when there is none. */
  async remove(appId: AppId): Promise<void> {
    const gone = join(this.folder, `.gone-${randomBytes(8).toString('hex')}`);
    try {
      await rename(this.path(appId), gone);
    } catch (error) {
      if (code(error) !== 'ENOENT') throw error;
    }
    await rm(gone, { recursive: true, force: true });
  }

  /** Where a ref is; null when it does not exist. */
  async readRef(appId: AppId, ref: string): Promise<string | null> {
    const loose = await text(join(this.path(appId), ref));
    const id = /^[0-9a-f]{40,64}$/.exec(loose?.trim() ?? '')?.[0];
    if (id) return id;
    const packed = (await text(join(this.path(appId), 'packed-refs'))) ?? '';
    const line = packed.split('\n').find((each) => each.endsWith(` ${ref}`));
    return line?.split(' ')[0] ?? null;
  }

  /** Moves a ref wherever it was; null removes it. The objects must be present. */
  async updateRef(appId: AppId, ref: string, commit: string | null): Promise<void> {
    const { env } = this.dir(appId);
    await git(commit ? ['update-ref', ref, commit] : ['update-ref', '-d', ref], env);
  }

  /** All refs, full names. */
  async refs(appId: AppId): Promise<string[]> {
    const list = await git(['for-each-ref', '--format=%(refname)'], this.dir(appId).env, {
      maxBytes: 64 * 1024 * 1024,
    });
    return list.split('\n').filter((ref) => ref !== '');
  }

  /** The branch that the app deploys from; null before the first deploy. */
  async deployBranch(appId: AppId): Promise<DeployBranch | null> {
    for (const branch of branches) if (await this.readRef(appId, `refs/heads/${branch}`)) return branch;
    return null;
  }

  /** The branch that HEAD names: what a clone checks out, and what a repair moves while neither branch exists. */
  async headBranch(appId: AppId): Promise<DeployBranch> {
    const head = await text(join(this.path(appId), 'HEAD'));
    return head?.trim() === 'ref: refs/heads/master' ? 'master' : 'main';
  }

  async setHeadBranch(appId: AppId, branch: DeployBranch): Promise<void> {
    if ((await this.headBranch(appId)) === branch) return;
    await git(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], this.dir(appId).env);
  }

  /** Whether the commit is there with all its history and files. */
  async objectsPresent(appId: AppId, commit: string): Promise<boolean> {
    const args = ['rev-list', '--objects', '--quiet', commit, '--not', '--all', '--'];
    return succeeds(git(args, this.dir(appId).env));
  }

  /**
   * Puts the deploy branch where the store says it must be. null: nothing was ever deployed, so there is no branch (its
   * objects stay until maintenance, two weeks at least). Returns what it did, null when all was right.
   */
  async repair(appId: AppId, head: string | null): Promise<string | null> {
    if (!(await exists(join(this.path(appId), 'HEAD')))) return null;
    const branch = (await this.deployBranch(appId)) ?? (await this.headBranch(appId));
    const ref = `refs/heads/${branch}`;
    const found = await this.readRef(appId, ref);
    if (found === head) return null;
    await this.unlock(appId);
    if (head !== null && !(await this.#restore(appId, head)))
      return `${appId}: ${ref} is at ${found}, must be at ${head}, and its objects are lost`;
    await this.updateRef(appId, ref, head);
    return `${appId}: moved ${ref} from ${found} to ${head}`;
  }

  /** A commit of a shallow push may lack its parents; then history begins with it, as it does for the pusher. */
  async #restore(appId: AppId, commit: string): Promise<boolean> {
    if (await this.objectsPresent(appId, commit)) return true;
    if (!(await succeeds(git(['cat-file', '-e', `${commit}^{tree}`], this.dir(appId).env)))) return false;
    const path = join(this.path(appId), 'shallow');
    const before = await text(path);
    await replace(path, `${before ?? ''}${commit}\n`);
    if (await this.objectsPresent(appId, commit)) return true;
    await (before === null ? unlink(path) : replace(path, before));
    return false;
  }

  /** Removes locks that a killed git left: they would refuse a push after it has deployed. */
  async unlock(appId: AppId): Promise<void> {
    const locks = [
      'HEAD.lock',
      'packed-refs.lock',
      'shallow.lock',
      'refs/heads/main.lock',
      'refs/heads/master.lock',
    ];
    for (const lock of locks) await removeStale(join(this.path(appId), lock));
  }

  /**
   * At boot: brings every repository's configuration up to date, removes what killed pushes left, and repairs the deploy
   * branches of the apps that the store knows (others are left alone). Returns what it did, for the log.
   */
  async repairAll(appIds: Iterable<AppId>, head: (appId: AppId) => string | null): Promise<string[]> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder))
      if (name.startsWith('.new-') || name.startsWith('.gone-'))
        await rm(join(this.folder, name), { recursive: true, force: true });
    const done: string[] = [];
    for (const appId of appIds) {
      const path = this.path(appId);
      if (!(await exists(join(path, 'HEAD')))) continue;
      await configure(path);
      await this.unlock(appId);
      for (const name of await readdir(join(path, 'objects')))
        if (/^(tmp_objdir-)?incoming-/.test(name)) await removeStale(join(path, 'objects', name));
      const repaired = await this.repair(appId, head(appId));
      if (repaired) done.push(repaired);
    }
    return done;
  }

  /** Packs the repository and drops what nothing has referred to for two weeks. Safe beside pushes. */
  async maintain(appId: AppId, signal: AbortSignal): Promise<void> {
    await git(['gc', '--quiet', '--prune=2.weeks.ago'], this.dir(appId).env, { signal });
  }
}

async function configure(path: string): Promise<void> {
  await mkdir(join(path, 'info'), { recursive: true });
  if ((await text(join(path, 'config'))) !== config) await replace(join(path, 'config'), config);
  if ((await text(join(path, 'info/attributes'))) !== attributes)
    await replace(join(path, 'info/attributes'), attributes);
}

async function succeeds(run: Promise<unknown>): Promise<boolean> {
  try {
    await run;
    return true;
  } catch (error) {
    if (error instanceof GitError) return false;
    throw error;
  }
}
