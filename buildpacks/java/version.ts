import type { Context } from '../buildpack.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { languages, resolveVersion, type VersionRequest } from '../lib/versions.ts';

/** Java's major version of what people write: `1.8`, `17.0.9-tem`, `temurin-21`, `VERSION_11`. */
function jdk(request: VersionRequest | null): VersionRequest | null {
  const [, one, two] = /(\d+)(?:[._](\d+))?/.exec(request?.value ?? '') ?? [];
  if (request === null || one === undefined) return null;
  const major = one === '1' ? (two ?? '8') : one;
  const known = languages.java.lines.some((line) => line.line === major);
  // Between the long-term versions there is none to stay on: the next one runs what was made for it.
  return {
    value: Number(major) < 8 ? '8' : major,
    source: request.source,
    ...(known || Number(major) < 8 ? {} : { minimum: true }),
  };
}

function property(ctx: Context, file: string, pattern: RegExp): VersionRequest | null {
  const value = pattern.exec(ctx.tree.read(file) ?? (ctx.dir === '' ? '' : (ctx.repo.read(file) ?? '')))?.[1];
  return value === undefined ? null : { value, source: file };
}

/** The Java version: setting, version files, the build's own word, what its Gradle can run on. */
export function javaVersion(ctx: Context, build: readonly VersionRequest[], gradle: string | null) {
  const trees = ctx.dir === '' ? [ctx.tree] : [ctx.tree, ctx.repo];
  const files: (VersionRequest | null)[] = [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    property(ctx, 'system.properties', /^\s*java\.runtime\.version\s*[=:]\s*(\S+)/m),
    ...trees.flatMap((tree) => [versionFile(tree, '.java-version'), toolVersion(tree, 'java')]),
    property(ctx, '.sdkmanrc', /^\s*java\s*=\s*(\S+)/m),
  ];
  const said = build[0] ?? null;
  const requests = [...files, said].map(jdk).filter((one) => one !== null);
  const [first] = requests;
  const needed = gradle === null ? null : gradleNeeds(gradle);
  if (first === undefined && needed !== null)
    return resolveVersion(languages.java, [
      { value: needed, source: `Gradle ${gradle} (gradle-wrapper.properties)` },
    ]);
  // sourceCompatibility only says what the code is written for; Gradle 9 itself needs Java 17.
  const bumped = requests.map((one) =>
    gradle !== null && Number(gradle.split('.')[0]) >= 9 && Number(one.value) < 17
      ? { value: '17', source: `Gradle ${gradle} (${one.source} ${one.value})` }
      : one,
  );
  return resolveVersion(languages.java, bumped);
}

/** The newest Java that a Gradle release can run on. */
function gradleNeeds(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 5) return '8';
  if (major < 7 || (major === 7 && minor < 3)) return '11';
  if (major < 8 || (major === 8 && minor < 5)) return '17';
  return null;
}
