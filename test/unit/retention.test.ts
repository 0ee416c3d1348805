import { expect, test } from 'vitest';
import { keptReleases, obsoleteImages } from '../../src/deploy/retention.ts';
import type { Build, Release } from '../../src/types.ts';

const build = (image: string) => ({ image }) as Build;
const release = (version: number, image: string) => ({ version, image }) as Release;

test('images of the last releases, of what serves and of the newest build stay', () => {
  const count = keptReleases + 3;
  const builds = Array.from({ length: count }, (_, index) => build(`i${index + 1}`));
  const releases = builds.map((one, index) => release(index + 1, one.image)).reverse();
  expect(obsoleteImages(builds, releases, [1])).toEqual(['i2', 'i3']);
  expect(obsoleteImages([...builds, build('unreleased')], releases, [])).toEqual(['i1', 'i2', 'i3']);
});

test('an image that a later release uses again stays', () => {
  const builds = Array.from({ length: keptReleases + 2 }, (_, index) => build(`i${index + 1}`));
  const releases = [
    release(99, 'i1'),
    ...builds.map((one, index) => release(index + 1, one.image)).reverse(),
  ];
  expect(obsoleteImages(builds, releases, [99])).toEqual(['i2', 'i3']);
});
