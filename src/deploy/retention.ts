import type { Build, Release } from '../types.ts';

/** So many releases stay ready for a rollback. */
export const keptReleases = 10;

/** Pure: images that no kept release needs. `releases` newest first; `serving` are versions that run, whatever their age. */
export function obsoleteImages(
  builds: readonly Build[],
  releases: readonly Release[],
  serving: readonly number[],
): string[] {
  const kept = releases.filter((release, index) => index < keptReleases || serving.includes(release.version));
  const needed = new Set(kept.map((release) => release.image));
  // The newest build may belong to a push that has no release yet.
  const newest = builds.at(-1)?.image;
  return [...new Set(builds.map((build) => build.image))].filter(
    (image) => !needed.has(image) && image !== newest,
  );
}
