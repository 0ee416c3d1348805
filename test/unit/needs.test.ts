import { expect, test } from 'vitest';
import { meetNeeds } from '../../src/deploy/needs.ts';

const variable = (name: string, more: object = {}) => ({
  name,
  value: null,
  required: false,
  generate: false,
  ...more,
});
const met = (variables: ReturnType<typeof variable>[], config = {}) =>
  meetNeeds({ variables, formation: {} }, config, 'shop', () => 'made');

test('what is set stays; defaults and secrets fill what is not', () => {
  const variables = [
    variable('A', { value: 'default' }),
    variable('B', { value: 'default' }),
    variable('C', { generate: true }),
    variable('D'),
  ];
  expect(met(variables, { A: 'mine' })).toEqual({ A: 'mine', B: 'default', C: 'made' });
});

test('a required variable that nobody set is asked for by name', () => {
  expect(() => met([variable('KEY', { required: true })])).toThrow(
    expect.objectContaining({
      code: 'invalid-manifest',
      hint: expect.stringContaining('config set shop KEY'),
    }),
  );
  expect(met([variable('KEY', { required: true })], { KEY: 'x' })).toEqual({ KEY: 'x' });
});
