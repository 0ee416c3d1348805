import type { Tree } from '../lib/tree.ts';
import type { VersionRequest } from '../lib/versions.ts';
import { type Bootable, frameworkOf } from './model.ts';
import { mainClasses } from './sources.ts';

export interface Sbt {
  /** sbt's own version, whose launcher is taken. */
  version: string;
  bootables: Bootable[];
  versions: VersionRequest[];
  /** `stage` of the native packager, `assembly`, or null: the class path of the main project. */
  task: 'stage' | 'assembly' | null;
}

/** Reads an sbt build: Play, sbt-native-packager, sbt-assembly, or a plain main class. null when there is none. */
export function readSbt(tree: Tree): Sbt | null {
  if (!tree.has('build.sbt') && !tree.has('project/build.properties')) return null;
  const build = (tree.manifest('build.sbt') ?? '')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/(^|[^:])\/\/.*$/gm, '$1');
  const inner = tree
    .in('project')
    .filter((file) => /\.(sbt|scala)$/.test(file))
    .map((file) => tree.read(`project/${file}`) ?? '')
    .join('\n');
  const names = [...`${build}\n${inner}`.matchAll(/"([\w.-]+)"\s*%%?%?\s*"([\w.-]+)"/g)].map(
    (match) => `${match[1]}:${match[2]}`,
  );
  const play =
    /enablePlugins\([^)]*\b(?:PlayScala|PlayJava|PlayService|PlayMinimalJava)\b/.test(build) ||
    names.some((one) =>
      /(?:org\.playframework|com\.typesafe\.play|com\.typesafe\.sbt):sbt-plugin|^play:sbt-plugin/.test(one),
    ) ||
    tree.has('conf/routes');
  const packager =
    /\b(?:JavaAppPackaging|JavaServerAppPackaging|DockerPlugin)\b/.test(build) ||
    names.some((one) => one.endsWith(':sbt-native-packager'));
  const assembly = names.some((one) => one.endsWith(':sbt-assembly'));
  const name = (/\bname\s*:=\s*"([^"]+)"/.exec(build)?.[1] ?? /lazy val (\w+)/.exec(build)?.[1] ?? 'app')
    .toLowerCase()
    .replace(/[^\w]+/g, '-');
  const framework = play ? 'play' : frameworkOf(names);
  const mains = mainClasses(tree, '');
  const main = /mainClass\s*(?:in\s*[^:]+)?:=\s*Some\("([^"]+)"\)/.exec(build)?.[1] ?? mains[0]?.name ?? null;
  const task = play || packager ? 'stage' : assembly ? 'assembly' : null;
  const starts =
    play || (main !== null && !(framework === null && /publishTo\b|sonatype/i.test(build + inner)));
  const artifact: Bootable['artifact'] =
    task === 'stage'
      ? { kind: 'install', name, main }
      : task === 'assembly'
        ? { kind: 'jar' }
        : { kind: 'classes', main: main ?? 'Main' };
  const bootables: Bootable[] = starts
    ? [
        {
          dir: '',
          name,
          framework,
          artifact,
          serves: framework !== null,
          because: [
            play ? 'project/plugins.sbt' : 'build.sbt',
            play ? 'plugin' : 'main',
            play ? 'play' : (main ?? name),
          ],
        },
      ]
    : [];
  const release = /(?:-release|--release|"-release",)\s*"?:?(\d+)/.exec(build)?.[1];
  return {
    version:
      /sbt\.version\s*=\s*([\d.]+)/.exec(tree.read('project/build.properties') ?? '')?.[1] ?? '1.12.14',
    bootables,
    versions: release === undefined ? [] : [{ value: release, source: 'build.sbt -release' }],
    task,
  };
}
