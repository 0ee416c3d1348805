import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { decide, type Known, parseUpdates, type RefUpdate } from '../../src/git/updates.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const zero = '0'.repeat(40);
const fresh: Known = { branch: null, refs: [] };
const deployed: Known = { branch: 'main', refs: ['refs/heads/main'] };

const created = (ref: string): RefUpdate => ({ ref, from: null, to: b });
const moved = (ref: string): RefUpdate => ({ ref, from: a, to: b });
const deleted = (ref: string): RefUpdate => ({ ref, from: a, to: null });

function refused(updates: RefUpdate[], known: Known = deployed): UserError {
  try {
    decide(updates, known);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a push is a deploy', () => {
  test.each(['main', 'master'] as const)('when the first one is of %s', (branch) => {
    expect(decide([created(`refs/heads/${branch}`)], fresh)).toEqual({
      kind: 'deploy',
      branch,
      commit: b,
      previous: null,
    });
  });
  test('when the deploy branch moves, and tags may come with it', () => {
    const decision = decide([created('refs/tags/v1'), moved('refs/heads/main')], deployed);
    expect(decision).toEqual({ kind: 'deploy', branch: 'main', commit: b, previous: a });
  });
  test('when the app deploys from master and master moves', () => {
    const decision = decide([moved('refs/heads/master')], { branch: 'master', refs: ['refs/heads/master'] });
    expect(decision).toMatchObject({ kind: 'deploy', branch: 'master' });
  });
});

describe('a push only stores', () => {
  test.each([
    [[created('refs/tags/v1')], 'no deploy: only tags were pushed'],
    [[created('refs/notes/commits')], 'no deploy: only notes were pushed'],
    [[created('refs/tags/v1'), created('refs/notes/commits')], 'no deploy: only tags and notes were pushed'],
    [[deleted('refs/tags/v1')], 'no deploy: only tags were pushed'],
  ])('%j', (updates, line) => {
    expect(decide(updates, deployed)).toEqual({ kind: 'store', line });
  });
});

describe('a push is refused', () => {
  test('of another branch, with the command that deploys it', () => {
    const error = refused([created('refs/heads/feature/x')]);
    expect(error.code).toBe('bad-branch');
    expect(error.hint).toContain('git push production feature/x:main');
  });
  test('of master when the app deploys from main, and the reverse', () => {
    expect(refused([created('refs/heads/master')]).hint).toContain('git push production master:main');
    const known: Known = { branch: 'master', refs: ['refs/heads/master'] };
    expect(refused([created('refs/heads/main')], known).hint).toContain('git push production main:master');
  });
  test('of main and master at once, as the first push', () => {
    const error = refused([created('refs/heads/main'), created('refs/heads/master')], fresh);
    expect(error.hint).toContain('master:main');
  });
  test('of the deploy branch together with another one', () => {
    expect(refused([moved('refs/heads/main'), created('refs/heads/x')]).code).toBe('bad-branch');
  });
  test('that deletes the deploy branch', () => {
    expect(refused([deleted('refs/heads/main')]).code).toBe('delete-refused');
  });
  test('that holds nothing', () => {
    expect(refused([]).code).toBe('empty-push');
  });
  test('of too many refs', () => {
    const many = Array.from({ length: 5001 }, (_, index) => created(`refs/tags/${index}`));
    expect(refused(many).code).toBe('too-large');
  });
  test.each([
    'refs/replace/aaaa',
    'refs/pull/1/head',
    'refs/heads',
    'refs/stash',
    'refs/landfall/x',
    'refs/heads/-h',
    'refs/heads/--upload-pack=x',
    'refs/tags/a/-b',
    'refs/tags/a b',
    'refs/tags/a..b',
    'refs/tags/.a',
    'refs/tags/a.lock',
    'refs/tags/a\u001b[2J',
    `refs/tags/${'x'.repeat(201)}`,
    `refs/tags/${'x/'.repeat(600)}x`,
  ])('of the ref %j', (ref) => {
    expect(refused([created(ref)]).code).toBe('bad-branch');
  });
  test('of a tag below another, which git would refuse only after the deploy', () => {
    const known = { branch: 'main', refs: ['refs/heads/main', 'refs/tags/v1'] } as const;
    expect(refused([moved('refs/heads/main'), created('refs/tags/v1/beta')], known).hint).toContain(
      ':refs/tags/v1',
    );
    expect(refused([created('refs/tags/w'), created('refs/tags/w/x')]).code).toBe('bad-branch');
  });
});

test('a tag may take the place of one that the same push deletes', () => {
  const known = { branch: 'main', refs: ['refs/tags/v1'] } as const;
  expect(decide([deleted('refs/tags/v1'), created('refs/tags/v1/x')], known).kind).toBe('store');
});

test('the lines of a hook are parsed, and malformed ones are the request’s fault', () => {
  expect(parseUpdates(`${zero} ${b} refs/heads/main\n${a} ${zero} refs/tags/x y\n`)).toEqual([
    { ref: 'refs/heads/main', from: null, to: b },
    { ref: 'refs/tags/x y', from: a, to: null },
  ]);
  expect(() => parseUpdates(`${a} refs/heads/main\n`)).toThrow(UserError);
});
