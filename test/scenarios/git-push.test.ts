import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { FakePushes, GitWorld } from '../support/git-world.ts';

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
  world.pushes.decide = new FakePushes().decide;
  world.pushes.decide = async (request) => {
    await world.pushes.accept(request);
    return [`live: ${request.app.name}`];
  };
  work = await world.working(app);
});

const push = (...args: string[]) => world.try(work, 'push', world.url(app), ...args);

describe('a push', () => {
  test('is accepted when the deploy is, and the branch moves to the commit', async () => {
    const ended = await push('main');
    expect(ended.output).toContain(`remote: live: ${app}`);
    expect(ended.code).toBe(0);
    expect(await world.ref(app)).toBe(world.pushes.seen.at(-1)?.commit);
  });

  test('is refused with its code, sentence and next step, and leaves nothing behind', async () => {
    world.pushes.decide = async () => {
      throw new UserError('build-failed', 'npm ci failed.', 'Run npm install,\ncommit package-lock.json.');
    };
    const ended = await push('main');
    expect(ended.code).not.toBe(0);
    const said = ended.output.split('\n').filter((line) => line.startsWith('remote:'));
    expect(said.map((line) => line.trimEnd())).toEqual([
      'remote: ! build-failed: npm ci failed.',
      'remote:   → Run npm install,',
      'remote:     commit package-lock.json.',
    ]);
    expect(await world.ref(app)).toBe(null);
  });
});
