import type { Context } from '../buildpack.ts';
import { Tree } from '../lib/tree.ts';
import type { VersionRequest } from '../lib/versions.ts';
import { readGradle } from './gradle.ts';
import { readMaven } from './maven.ts';
import type { Bootable } from './model.ts';
import { readSbt } from './sbt.ts';
import { mainClasses } from './sources.ts';

/** The build that a folder belongs to, which may be led from a folder above. */
export interface Build {
  tool: 'maven' | 'gradle' | 'sbt' | 'ant' | 'none';
  /** The leading folder, as a tree of its own. */
  tree: Tree;
  /** The manifest that leads it. */
  manifest: string;
  /** The module that the app's folder is; '' for all of it. */
  module: string;
  bootables: Bootable[];
  versions: VersionRequest[];
  /** Gradle: the wrapper can run, and which version it names. */
  wrapper: boolean;
  version: string | null;
  android: boolean;
  production: boolean;
}

const known = new WeakMap<Tree, Build | null>();

/** Reads the build that the app's folder is part of; null when nothing is of Java here. */
export function readBuild(ctx: Context): Build | null {
  const cached = known.get(ctx.tree);
  if (cached !== undefined) return cached;
  const found = above(ctx) ?? buildOf(ctx.tree, '');
  known.set(ctx.tree, found);
  return found;
}

/** The app is a module of a build that a folder above leads. */
function above(ctx: Context): Build | null {
  if (ctx.dir === '') return null;
  const parts = ctx.dir.split('/');
  for (let length = 0; length < parts.length; length++) {
    const root = parts.slice(0, length).join('/');
    const tree = root === '' ? ctx.repo : Tree.of(ctx.repo.source, root);
    const module = parts.slice(length).join('/');
    const maven = readMaven(tree);
    const gradle = maven?.poms.some((pom) => pom.dir === module) === true ? null : readGradle(tree);
    if (maven?.poms.some((pom) => pom.dir === module) || gradle?.projects.includes(module))
      return buildOf(tree, module);
  }
  return null;
}

function buildOf(tree: Tree, module: string): Build | null {
  const base = { tree, module, wrapper: false, version: null, android: false, production: false };
  const only = (bootables: readonly Bootable[]) =>
    bootables.filter((one) => module === '' || one.dir === module);
  const maven = readMaven(tree);
  if (maven !== null) {
    const production = /<id>\s*production\s*<\/id>/.test(tree.read('pom.xml') ?? '');
    return {
      ...base,
      tool: 'maven',
      manifest: 'pom.xml',
      bootables: only(maven.bootables),
      versions: maven.versions,
      production,
    };
  }
  const gradle = readGradle(tree);
  if (gradle !== null) {
    const manifest =
      tree.first('settings.gradle.kts', 'settings.gradle', 'build.gradle.kts', 'build.gradle') ??
      'build.gradle';
    return {
      ...base,
      tool: 'gradle',
      manifest,
      bootables: only(gradle.bootables),
      versions: gradle.versions,
      wrapper: gradle.wrapper,
      version: gradle.version,
      android: gradle.android,
    };
  }
  const sbt = readSbt(tree);
  if (sbt !== null)
    return {
      ...base,
      tool: 'sbt',
      manifest: tree.has('build.sbt') ? 'build.sbt' : 'project/build.properties',
      bootables: sbt.bootables,
      versions: sbt.versions,
      version: sbt.version,
    };
  const mains = mainClasses(tree, '').filter((one) => one.file.endsWith('.java'));
  if (tree.has('build.xml'))
    return { ...base, tool: 'ant', manifest: 'build.xml', bootables: [], versions: [] };
  const [main] = mains;
  if (main === undefined) return null;
  const bootable: Bootable = {
    dir: '',
    name: 'app',
    framework: null,
    serves: /HttpServer|ServerSocket/.test(tree.read(main.file) ?? ''),
    artifact: { kind: 'classes', main: main.name },
    because: [main.file, 'main', main.name],
  };
  return {
    ...base,
    tool: 'none',
    manifest: main.file,
    bootables: mains.length > 1 && !bootable.serves ? [] : [bootable],
    versions: [],
  };
}
