import { describe, expect, test } from 'vitest';
import { afterCrash, isFinal, isPastReturn, mayFollow, worlds } from '../../src/deploy/machine.ts';
import { deployStates } from '../../src/types.ts';

describe('the deploy machine', () => {
  for (const state of deployStates) {
    test(`in ${state}, whoever has the traffic is up`, () => {
      const world = worlds[state];
      expect(world[world.traffic]).toBe(true);
    });

    test(`${state} leads only forward, and back only before traffic moves`, () => {
      for (const next of deployStates) {
        if (!mayFollow(state, next)) continue;
        expect(isFinal(state)).toBe(false);
        expect(mayFollow(next, state)).toBe(false);
        if (next === 'failed' || next === 'superseded') expect(worlds[state].traffic).toBe('old');
      }
    });

    test(`a crash in ${state} is answered by the table alone`, () => {
      const answer = afterCrash(state);
      if (isFinal(state)) expect(answer).toBe('nothing');
      else expect(answer).toBe(worlds[state].traffic === 'new' ? 'continue' : 'fail');
    });
  }

  test('the point of no return is where traffic turns', () => {
    const turned = deployStates.filter((state) => isPastReturn(state));
    expect(turned).toEqual(['routing', 'draining', 'live']);
  });
});
