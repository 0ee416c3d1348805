import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { Repositories } from '../../src/git/repositories.ts';
import { collect, GitWorld, names, until } from '../support/git-world.ts';

let world: GitWorld;
let count = 0;
/** An app of its own for each test. */
let app: string;
let work: string;

beforeAll(async () => {
  world = await GitWorld.start();
});
afterAll(() => world.stop());
beforeEach(async () => {
  app = `app${String.fromCharCode(97 + Math.floor(count / 26), 97 + (count++ % 26))}`;
  world.pushes.decide = async (request) => {
    await world.pushes.accept(request);
    return [`live: ${request.app.name}`];
  };
  work = await world.working(app);
});

const push = (...args: string[]) => world.try(work, 'push', world.url(app), ...args);
const head = async (path = work) => (await world.git(path, 'rev-parse', 'HEAD')).output.trim();
const deploys = () => world.pushes.seen.filter((request) => request.app.name === app).length;
const remoteLines = (output: string) =>
  output.split('\n').flatMap((line) => (line.startsWith('remote:') ? [line.trimEnd()] : []));

describe('a push', () => {
  test('is accepted when the deploy is, and the branch moves to the commit', async () => {
    const ended = await push('main');
    expect(ended.code).toBe(0);
    expect(remoteLines(ended.output)).toEqual([`remote: live: ${app}`]);
    expect(await world.ref(app)).toBe(await head());
  });

  test('is refused with its code, sentence and next step, and leaves nothing behind', async () => {
    world.pushes.decide = async () => {
      throw new UserError('build-failed', 'npm ci failed.', 'Run npm install,\ncommit package-lock.json.');
    };
    const ended = await push('main');
    expect(ended.code).not.toBe(0);
    expect(remoteLines(ended.output)).toEqual([
      'remote: ! build-failed: npm ci failed.',
      'remote:   → Run npm install,',
      'remote:     commit package-lock.json.',
    ]);
    expect(await world.ref(app)).toBe(null);
    const objects = join(world.repositories.path(world.pushes.apps.get(app)?.id ?? ''), 'objects');
    expect((await names(objects)).sort()).toEqual(['info', 'pack']);
    expect(await names(join(objects, 'pack'))).toEqual([]);
  });

  test('shows our own failures as an id, and tells the operator the rest', async () => {
    world.pushes.decide = async () => {
      throw new TypeError('x is undefined');
    };
    const { output } = await push('main');
    const id = /! internal: .*\(id ([0-9a-f]+)\)/.exec(output)?.[1];
    expect(id).toBeTruthy();
    expect(output).not.toContain('x is undefined');
    expect(world.messages.join('\n')).toMatch(new RegExp(`${id} failed TypeError: x is undefined`));
  });

  test('streams each line when it comes, not at the end', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.pushes.decide = async (request, log) => {
      log('first \u001b[31mline\u001b[0m');
      await gate;
      await world.pushes.accept(request);
      return ['last line'];
    };
    const child = world.spawn('git', ['push', world.url(app), 'main'], work);
    let output = '';
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    await until(() => output.includes('remote: first line'));
    expect(output).not.toContain('last line');
    release();
    expect((await collect(child)).code).toBe(0);
  });

  test('sees the tree’s id, the previous commit and who pushes', async () => {
    await push('main');
    const before = await head();
    const commit = await world.commit(work, { 'b.txt': 'b' });
    await push('main');
    const tree = (await world.git(work, 'rev-parse', 'HEAD^{tree}')).output.trim();
    expect(world.pushes.seen.at(-1)).toMatchObject({ commit, previous: before, actor: { name: 'all' } });
    expect(world.pushes.seen.at(-1)?.source.tree).toBe(tree);
  });

  test('that rewrites history with --force is a deploy like any other', async () => {
    await push('main');
    await world.git(work, 'commit', '--quiet', '--amend', '--message', 'other');
    expect((await push('main')).code).not.toBe(0);
    expect((await push('--force', 'main')).code).toBe(0);
    expect(await world.ref(app)).toBe(await head());
  });

  test('goes back to an older commit by --force without new objects', async () => {
    const first = await head();
    await world.commit(work, { 'b.txt': 'b' });
    await push('main');
    expect((await push('--force', `${first}:main`)).code).toBe(0);
    expect(await world.ref(app)).toBe(first);
  });

  test('from a shallow clone is accepted, and so is the next one', async () => {
    await world.commit(work, { 'b.txt': 'b' });
    const shallow = join(world.home, `${app}-shallow`);
    await world.git(world.home, 'clone', '--quiet', '--depth=1', `file://${work}`, shallow);
    await world.commit(shallow, { 'c.txt': 'c' });
    expect((await world.try(shallow, 'push', world.url(app), 'main')).output).toContain('live:');
    await world.commit(shallow, { 'd.txt': 'd' });
    expect((await world.try(shallow, 'push', world.url(app), 'main')).code).toBe(0);
    expect(await world.ref(app)).toBe(await head(shallow));
  });
});

describe('refs beside the deploy branch', () => {
  test('tags and notes are stored without a deploy, and the push says so', async () => {
    await push('main');
    await world.git(work, 'tag', '--annotate', '--message', 'one', 'v1');
    await world.git(work, 'notes', 'add', '--message', 'note');
    expect((await push('v1')).output).toContain('remote: no deploy: only tags were pushed');
    expect((await push('refs/notes/commits')).output).toContain('remote: no deploy: only notes were pushed');
    expect(await world.ref(app, 'refs/tags/v1')).not.toBe(null);
    expect(await world.ref(app, 'refs/notes/commits')).not.toBe(null);
    expect(deploys()).toBe(1);
  });

  test('another branch is refused with the command that deploys it', async () => {
    const ended = await push('main:feature');
    expect(ended.code).not.toBe(0);
    expect(ended.output).toContain('remote: ! bad-branch: ');
    expect(ended.output).toContain('git push production feature:main');
    expect(await world.ref(app, 'refs/heads/feature')).toBe(null);
  });

  test('master deploys, is what a clone checks out, and main is refused from then on', async () => {
    expect((await push('main:master')).code).toBe(0);
    expect(await world.ref(app, 'refs/heads/master')).toBe(await head());
    const copy = join(world.home, `${app}-copy`);
    await world.git(world.home, 'clone', '--quiet', world.url(app, 'reader'), copy);
    expect((await world.git(copy, 'branch', '--show-current')).output.trim()).toBe('master');
    expect((await push('main')).output).toContain('git push production main:master');
  });

  test('the deploy branch cannot be deleted', async () => {
    await push('main');
    const ended = await push(':main');
    expect(ended.output).toContain('! delete-refused: ');
    expect(await world.ref(app)).toBe(await head());
  });

  test('a tag instead of a commit is refused before the deploy', async () => {
    await world.git(work, 'tag', '--annotate', '--message', 'one', 'v1');
    const ended = await push('v1:refs/heads/main');
    expect(ended.code).not.toBe(0);
    expect(deploys()).toBe(0);
  });

  test('a commit without files is an empty push', async () => {
    await world.git(work, 'rm', '--quiet', 'index.html');
    await world.git(work, 'commit', '--quiet', '--message', 'nothing left');
    expect((await push('main')).output).toContain('! empty-push: ');
  });
});

describe('the client goes away', () => {
  const cancelled = async (decide: typeof world.pushes.decide) => {
    let started = false;
    world.pushes.decide = async (request, log, signal) => {
      started = true;
      return decide(request, log, signal);
    };
    const child = world.spawn('git', ['push', world.url(app), 'main'], work);
    const ended = collect(child);
    await until(() => started);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended;
  };

  test('before traffic moves: the deploy is told within two seconds, and nothing of git is left', async () => {
    let left = 0;
    let reason: unknown;
    await cancelled(
      (_request, _log, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            left = performance.now();
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    );
    const gone = performance.now();
    await until(() => left > 0);
    expect(left - gone).toBeLessThan(2_000);
    expect(reason).toMatchObject({ code: 'cancelled' });
    await until(async () => (await world.processes()).length === 0);
    expect(await world.ref(app)).toBe(null);
  });

  test('after traffic has moved: the branch moves all the same', async () => {
    let aborted = false;
    await cancelled(async (request, log, signal) => {
      await world.pushes.accept(request);
      await until(() => signal.aborted);
      aborted = true;
      // Enough to fill every pipe on the way.
      for (let index = 0; index < 2_000; index++) log('x'.repeat(100));
      return ['live'];
    });
    await until(async () => (await world.ref(app)) !== null);
    expect(aborted).toBe(true);
    expect(await world.ref(app)).toBe(await head());
    await until(async () => (await world.processes()).length === 0);
  });

  test('while it still sends: git ends, and the next push works', async () => {
    await world.commit(work, { 'big.bin': randomBytes(1 << 20) });
    const slow = world.spawn(
      'curl',
      [
        '-s',
        '-u',
        'x:all',
        '--limit-rate',
        '1k',
        '-X',
        'POST',
        '--data-binary',
        `@${join(work, 'big.bin')}`,
        `${world.url(app).replace('any:all@', '')}/git-receive-pack`,
      ],
      work,
    );
    await until(async () => (await world.processes()).some((line) => line.includes('receive-pack')));
    process.kill(-(slow.pid ?? 0), 'SIGKILL');
    await until(async () => (await world.processes()).length === 0);
    expect((await push('main')).code).toBe(0);
  });
});

describe('two pushes at once', () => {
  test('the one that started from a branch that another moved knows it is stale', async () => {
    await push('main');
    const other = join(world.home, `${app}-other`);
    await world.git(world.home, 'clone', '--quiet', world.url(app), other);
    await world.commit(other, { 'other.txt': 'o' });
    await world.commit(work, { 'mine.txt': 'm' });
    const waiting: (() => void)[] = [];
    world.pushes.decide = async (request) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (!(await request.source.refStillAt()))
        throw new UserError(
          'stale-push',
          'Another commit went live meanwhile.',
          'git pull, then push again.',
        );
      await world.pushes.accept(request);
      // The branch has not moved yet when the other one asks.
      waiting.shift()?.();
      await until(() => refusedOne);
      return ['live'];
    };
    let refusedOne = false;
    const first = push('main');
    await until(() => waiting.length === 1);
    const second = world.try(other, 'push', world.url(app), 'main').finally(() => {
      refusedOne = true;
    });
    await until(() => waiting.length === 2);
    waiting.shift()?.();
    const [mine, theirs] = await Promise.all([first, second]);
    expect(mine.code).toBe(0);
    expect(theirs.output).toContain('! stale-push: ');
    expect(await world.ref(app)).toBe(await head());
  });
});

describe('the branch follows the store', () => {
  test('when git moved it although no deploy reached routing', async () => {
    world.pushes.decide = async () => ['said live, but never was'];
    await push('main');
    await until(async () => (await world.ref(app)) === null);
    expect(world.messages.join('\n')).toContain('branch repaired');
  });

  test('at boot, after a crash between traffic and branch', async () => {
    await push('main');
    const first = await head();
    const second = await world.commit(work, { 'b.txt': 'b' });
    await push('main');
    const { id } = world.pushes.apps.get(app) ?? { id: '' };
    await world.repositories.updateRef(id, 'refs/heads/main', first);
    expect(await world.repositories.repairAll([id], () => second)).toHaveLength(1);
    expect(await world.ref(app)).toBe(second);
    expect(await world.repositories.repairAll([id], () => second)).toEqual([]);
  });

  test('at boot, also for a commit whose objects only keep() saved, of a shallow clone', async () => {
    await world.commit(work, { 'b.txt': 'b' });
    const shallow = join(world.home, `${app}-shallow`);
    await world.git(world.home, 'clone', '--quiet', '--depth=1', `file://${work}`, shallow);
    world.pushes.decide = async (request) => {
      await world.pushes.accept(request);
      throw new Error('crash');
    };
    await world.try(shallow, 'push', world.url(app), 'main');
    const { id } = world.pushes.apps.get(app) ?? { id: '' };
    await until(async () => (await world.ref(app)) === (await head(shallow)));
    expect(await world.repositories.objectsPresent(id, await head(shallow))).toBe(true);
    const shallowFile = await readFile(join(world.repositories.path(id), 'shallow'), 'utf8');
    expect(shallowFile.trim()).toBe(await head(shallow));
  });
});

test('a server killed by kill -9 during the deploy has refused the push, and leaves no git behind', async () => {
  const server = spawn(process.execPath, [join(import.meta.dirname, '../support/git-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  server.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await until(() => said.includes('ready'));
  const [home = '', url = ''] = said.split('\n');
  const ended = world.try(work, 'push', url, 'main');
  await until(() => said.includes('deploying'));
  server.kill('SIGKILL');
  expect((await ended).code).not.toBe(0);
  await until(async () => (await world.processes(home)).length === 0);
  const repositories = new Repositories(home);
  expect(await repositories.readRef('shopaaaaaa', 'refs/heads/main')).toBe(null);
  expect(await repositories.objectsPresent('shopaaaaaa', await head())).toBe(false);
  await rm(home, { recursive: true });
});
