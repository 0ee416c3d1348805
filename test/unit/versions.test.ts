import { describe, expect, it } from 'vitest';
import { matchesPython } from '../../buildpacks/lib/pep440.ts';
import { languages, resolveVersion } from '../../buildpacks/lib/versions.ts';

const node = (...values: string[]) =>
  resolveVersion(
    languages.node,
    values.map((value, index) => ({ value, source: `file ${index}` })),
  );
const python = (value: string) => resolveVersion(languages.python, [{ value, source: 'file' }]).version.value;

describe('a version', () => {
  it.each([
    ['>=18', '24'],
    ['^20.1.0 || ^22.2', '22'],
    ['18 - 20', '20'],
    ['20.x', '20'],
    ['v20.11.1', '20.11.1'],
    ['~20.10.0', '20.10'],
    ['<23', '22'],
    ['>=20 <24', '22'],
    ['>=20, <24', '22'],
    ['lts/iron', '20'],
    ['node-v22.3.0', '22.3.0'],
    ['27', '27'],
  ])('of Node asked for as %s is %s', (asked, value) => {
    expect(node(asked).version.value).toBe(value);
  });

  it.each([
    ['>=3.9', '3.13'],
    ['^3.11', '3.13'],
    ['~3.11', '3.11'],
    ['>=3.8,<3.13', '3.12'],
    ['==3.11.*', '3.11'],
    ['~=3.10', '3.13'],
    ['3.12.4', '3.12.4'],
    ['3', '3.13'],
    ['>=3.10, !=3.13.*', '3.14'],
    ['python-3.11', '3.11'],
    ['<3.12', '3.11'],
  ])('of Python asked for as %s is %s', (asked, value) => {
    expect(python(asked)).toBe(value);
  });

  it('is the first request’s, and a later one that disagrees is told', () => {
    const { version, warnings } = node('18', '>=20');
    expect(version).toEqual({ value: '18', source: 'file 0' });
    expect(warnings.map((warning) => warning.code)).toEqual(['version-conflict', 'end-of-life']);
  });

  it('agrees with a later request for a patch release of the same line', () => {
    expect(node('22', '22.5.1').warnings).toEqual([]);
  });

  it('is the default, and told, where nothing meets the request', () => {
    const { version, warnings } = node('banana');
    expect(version).toEqual({ value: '24', source: 'default' });
    expect(warnings.map((warning) => warning.code)).toEqual(['version-unknown']);
  });
});

describe('a specifier of PEP 440 or Poetry', () => {
  it.each([
    ['3.11.4', '>=3.11,<3.12', true],
    ['3.12.0', '>=3.11,<3.12', false],
    ['3.11.4', '~=3.11.2', true],
    ['3.12.0', '~=3.11.2', false],
    ['3.12.0', '~=3.11', true],
    ['3.10.1', '>3.10', false],
    ['3.11.0', '!=3.11.*', false],
    ['3.9.1', '^3.8', true],
    ['4.0.0', '^3.8', false],
    ['3.9.1', '3.8.* || 3.9.*', true],
  ])('lets %s through %s: %s', (version, specifier, answer) => {
    expect(matchesPython(version, specifier)).toBe(answer);
  });
});
