import { expect, test } from 'vitest';
import { Turns } from '../../src/turns.ts';

test('turns come in order, one at a time for a key', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const first = await turns.take('a');
  const others = ['b', 'c'].map(async (name) => {
    const end = await turns.take('a');
    seen.push(name);
    end();
  });
  expect(turns.ahead('a')).toBe(3);
  expect(turns.ahead('other')).toBe(0);
  expect(seen).toEqual([]);
  first();
  first();
  await Promise.all(others);
  expect(seen).toEqual(['b', 'c']);
  expect(turns.ahead('a')).toBe(0);
});

test('who gives up while waiting leaves the others their order', async () => {
  const turns = new Turns();
  const first = await turns.take('a');
  const abort = new AbortController();
  const leaver = turns.take('a', abort.signal);
  const stayer = turns.take('a');
  abort.abort(new Error('enough'));
  await expect(leaver).rejects.toThrow('enough');
  first();
  (await stayer)();
  expect(turns.ahead('a')).toBe(0);
});

test('two may go at once where the width is two', async () => {
  const turns = new Turns(2);
  const one = await turns.take('a');
  expect(turns.ahead('a')).toBe(0);
  await turns.take('a');
  expect(turns.ahead('a')).toBe(1);
  one();
  expect(turns.ahead('a')).toBe(0);
});
