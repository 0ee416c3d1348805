import type { Tree } from '../lib/tree.ts';
import type { VersionRequest } from '../lib/versions.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { dropwizard } from './maven.ts';
import { type Bootable, frameworkOf } from './model.ts';
import { mainClasses, sourcesOf } from './sources.ts';

export interface Gradle {
  /** Folders of the projects, '' for the root. */
  projects: string[];
  bootables: Bootable[];
  versions: VersionRequest[];
  /** The wrapper can run: script and jar are there. */
  wrapper: boolean;
  /** Gradle's version as the wrapper names it. */
  version: string | null;
  android: boolean;
}

/** Reads the Gradle build of a folder; null when there is none. Scripts are programs: only their usual forms are understood. */
export function readGradle(tree: Tree): Gradle | null {
  const settings = script(tree, 'settings.gradle') ?? script(tree, 'settings.gradle.kts');
  if (settings === null && buildFile(tree, '') === null) return null;
  const projects = ['', ...included(settings ?? '').filter((dir) => tree.hasFolder(dir))];
  const catalog = readCatalog(tree);
  const shared = blocks(text(tree, ''), /\b(?:subprojects|allprojects)\s*\{/g);
  const rootName = /rootProject\.name\s*=\s*["']([^"']+)["']/.exec(settings ?? '')?.[1] ?? null;
  const bootables: Bootable[] = [];
  const versions: VersionRequest[] = [];
  let android = false;
  for (const dir of projects) {
    const file = buildFile(tree, dir);
    if (file === null) continue;
    const own = convention(
      tree,
      dir === '' ? without(text(tree, ''), shared) : `${shared.join('\n')}\n${text(tree, dir)}`,
    );
    versions.push(...versionsOf(own, file));
    const plugins = pluginsOf(own, catalog);
    if ([...plugins].some((one) => /^com\.android\./.test(one))) {
      android = true;
      continue;
    }
    const found = bootable(tree, {
      dir,
      file,
      own,
      plugins,
      projects,
      name: dir === '' ? (rootName ?? 'app') : (dir.split('/').at(-1) ?? 'app'),
      catalog,
    });
    if (found !== null) bootables.push(found);
  }
  for (const extra of catalog.javaVersion) versions.push(extra);
  const wrapper =
    (tree.read('gradle/wrapper/gradle-wrapper.properties') ?? '').match(/gradle-(\d+\.\d+(?:\.\d+)?)/)?.[1] ??
    null;
  return {
    projects,
    bootables,
    versions,
    wrapper: tree.has('gradlew') && tree.has('gradle/wrapper/gradle-wrapper.jar'),
    version: wrapper,
    android,
  };
}

function buildFile(tree: Tree, dir: string): string | null {
  const prefix = dir === '' ? '' : `${dir}/`;
  const base = dir.split('/').at(-1) ?? '';
  return tree.first(
    `${prefix}build.gradle.kts`,
    `${prefix}build.gradle`,
    ...(base === '' ? [] : [`${prefix}${base}.gradle.kts`, `${prefix}${base}.gradle`]),
  );
}

function script(tree: Tree, path: string): string | null {
  const raw = tree.manifest(path);
  return raw === null ? null : raw.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|[^:"'])\/\/.*$/gm, '$1');
}

function text(tree: Tree, dir: string): string {
  const file = buildFile(tree, dir);
  return file === null ? '' : (script(tree, file) ?? '');
}

/** `include 'a', ':b:c'` and `include("a")`, over several lines. */
function included(settings: string): string[] {
  const lists = [...settings.matchAll(/\binclude\s*\(?\s*((?:["'][^"']+["']\s*,?\s*)+)/g)];
  const names = lists.flatMap((match) =>
    [...(match[1] ?? '').matchAll(/["']([^"']+)["']/g)].map((one) => one[1] ?? ''),
  );
  const moved = new Map(
    [
      ...settings.matchAll(
        /project\(["']([^"']+)["']\)\.projectDir\s*=\s*(?:new File\(\s*(?:settingsDir|rootDir)\s*,\s*|file\(\s*)["']([^"']+)["']/g,
      ),
    ].map((match) => [match[1]?.replace(/^:?/, ':') ?? '', match[2] ?? '']),
  );
  return [
    ...new Set(
      names.map((name) => moved.get(name.replace(/^:?/, ':')) ?? name.replace(/^:/, '').replaceAll(':', '/')),
    ),
  ];
}

/** The bodies of blocks that begin with the pattern, by counting braces. */
function blocks(code: string, pattern: RegExp): string[] {
  return [...code.matchAll(pattern)].map((match) => {
    let depth = 1;
    let at = match.index + match[0].length;
    for (; at < code.length && depth > 0; at++) depth += code[at] === '{' ? 1 : code[at] === '}' ? -1 : 0;
    return code.slice(match.index + match[0].length, at - 1);
  });
}

function without(code: string, parts: readonly string[]): string {
  return parts.reduce((rest, part) => rest.replace(part, ''), code);
}

/** Scripts of buildSrc and build-logic that are applied as plugins count as the project's own. */
function convention(tree: Tree, code: string): string {
  const named = new Set(
    [
      ...code.matchAll(
        /\bid\s*\(?\s*["']([\w.-]+)["']|`([\w.-]+)`|apply\s*\(?\s*(?:plugin|from)\s*[:=]\s*["']([^"']+)["']/g,
      ),
    ].map((match) => match[1] ?? match[2] ?? match[3] ?? ''),
  );
  const found = tree.all
    .filter(
      (path) =>
        /(?:^|\/)(?:buildSrc|build-logic|buildLogic|gradle)\//.test(path) && /\.gradle(\.kts)?$/.test(path),
    )
    .filter((path) => {
      const base = path.slice(path.lastIndexOf('/') + 1).replace(/\.gradle(\.kts)?$/, '');
      return named.has(base) || named.has(path);
    });
  const more = found.map((path) => script(tree, path) ?? '').join('\n');
  return found.length === 0 ? code : `${code}\n${more}`;
}

function pluginsOf(code: string, catalog: Catalog): Set<string> {
  const found = new Set<string>();
  for (const line of code.split('\n')) {
    if (/\bapply\s*\(?\s*false\b/.test(line)) continue;
    for (const match of line.matchAll(
      /\bid\s*\(?\s*["']([\w.-]+)["']|apply\s*\(?\s*plugin\s*[:=]\s*["']([\w.-]+)["']|alias\s*\(?\s*libs\.plugins\.([\w.]+)|\bkotlin\s*\(\s*["']([\w.]+)["']\s*\)|apply\s*<\s*(\w+)Plugin\s*>/g,
    )) {
      const [, id, applied, aliased, kotlin, type] = match;
      if (aliased !== undefined) found.add(catalog.plugins.get(aliased) ?? aliased);
      else if (kotlin !== undefined) found.add(`org.jetbrains.kotlin.${kotlin}`);
      else found.add(id ?? applied ?? (type ?? '').toLowerCase());
    }
    for (const match of line.matchAll(
      /^\s*(?:plugins\s*\{\s*)?`?(application|war|java-library|java|groovy|scala)`?\s*(?:\}|;|$)/g,
    ))
      found.add(match[1] ?? '');
  }
  return found;
}

interface Project {
  dir: string;
  file: string;
  own: string;
  plugins: ReadonlySet<string>;
  projects: readonly string[];
  name: string;
  catalog: Catalog;
}

function bootable(
  tree: Tree,
  { dir, file, own, plugins, projects, name, catalog }: Project,
): Bootable | null {
  const has = (...ids: string[]) => ids.find((id) => plugins.has(id));
  const dependencies = [...own.matchAll(/["']([\w.-]+:[\w.-]+)(?::[^"']*)?["']/g)].map(
    (match) => match[1] ?? '',
  );
  const catalogued = [...own.matchAll(/\blibs\.([\w.]+)/g)].map(
    (match) => catalog.libraries.get((match[1] ?? '').replace(/\.get\(?$/, '')) ?? '',
  );
  const framework = frameworkOf([...dependencies, ...catalogued, ...plugins]);
  const mains = mainClasses(tree, dir, projects);
  const mainClass =
    /\bmain(?:Class(?:Name)?)?\s*(?:=|\.set\s*\(|\.convention\s*\(|\s)\s*["']([\w.$]+)["']|["']Main-Class["']\s*(?::|to|\]\s*=|,)\s*["']([\w.$]+)["']/.exec(
      own,
    );
  const main = mainClass?.[1] ?? mainClass?.[2] ?? mains[0]?.name ?? null;
  const made = (artifact: Bootable['artifact'], value: string, more: Partial<Bootable> = {}): Bootable => ({
    dir,
    name,
    framework,
    serves: framework !== null,
    artifact,
    because: [file, 'plugin', value],
    ...more,
  });
  const spring = has('org.springframework.boot');
  if (spring !== undefined && (mains.length > 0 || mainClass !== null || framework === 'grails')) {
    const boot = /org\.springframework\.boot["'\s)]*version\s*\(?\s*["']([\d.]+)/.exec(own)?.[1];
    return made({ kind: 'jar', war: plugins.has('war') }, spring, {
      framework: framework === 'grails' ? 'grails' : 'spring-boot',
      serves: true,
      layered: boot !== undefined && /^(3\.[3-9]|3\.\d\d|[4-9]\.)/.test(boot) && !plugins.has('war'),
    });
  }
  if (has('io.quarkus') !== undefined)
    return made({ kind: 'quarkus' }, 'io.quarkus', { framework: 'quarkus', serves: true });
  const shadow = has(
    'com.github.johnrengelman.shadow',
    'com.gradleup.shadow',
    'io.github.goooler.shadow',
    'com.gradleup.shadow.java',
  );
  const micronaut = has('io.micronaut.application');
  const extra =
    framework === 'dropwizard'
      ? { arguments: dropwizard(tree, dir) }
      : main !== null && /EngineMain$/.test(main)
        ? { arguments: '-port=$PORT' }
        : {};
  if (has('io.ktor.plugin') !== undefined && main !== null)
    return made({ kind: 'jar' }, 'io.ktor.plugin', { framework: 'ktor', serves: true, ...extra });
  if (shadow !== undefined && main !== null) return made({ kind: 'jar' }, shadow, extra);
  const application =
    has('application', 'org.gradle.application', 'org.gradle.sample.application') ?? micronaut;
  if (application !== undefined) {
    const script = /applicationName\s*=\s*["']([\w.-]+)["']/.exec(own)?.[1] ?? name;
    return made({ kind: 'install', name: script, main }, application, extra);
  }
  if (has('war', 'org.gretty') !== undefined) {
    const jakarta =
      dependencies.some((one) => one.startsWith('jakarta.')) ||
      sourcesOf(tree, '.java').some((path) => /import jakarta\.servlet/.test(tree.read(path) ?? ''));
    return made({ kind: 'war', jakarta }, 'war', { serves: true });
  }
  const published = [...plugins].some((one) =>
    /^(maven-publish|java-library|java-gradle-plugin|signing|org\.jetbrains\.kotlin\.multiplatform|com\.vanniktech\.maven\.publish)$/.test(
      one,
    ),
  );
  if (main === null || (published && mainClass === null && framework === null)) return null;
  return {
    ...made({ kind: 'classes', main }, 'main'),
    because: [file, mainClass === null ? 'main' : 'mainClass', main],
  };
}

function versionsOf(code: string, file: string): VersionRequest[] {
  const forms: readonly [RegExp, string][] = [
    [/JavaLanguageVersion\.of\(\s*["']?(\d+)/, 'toolchain'],
    [
      /jvmToolchain\s*\(?\s*\{?\s*(?:languageVersion[^(]*\(\s*JavaLanguageVersion\.of\()?\s*(\d+)/,
      'jvmToolchain',
    ],
    [/options\.release(?:\.set\(|\s*=\s*)\s*(\d+)/, 'options.release'],
    [
      /targetCompatibility\s*(?:=|\.set\()?\s*(?:JavaVersion\.(?:VERSION_)?|JavaVersion\.toVersion\()?["']?(?:VERSION_)?([\d._]+)/,
      'targetCompatibility',
    ],
    [
      /sourceCompatibility\s*(?:=|\.set\()?\s*(?:JavaVersion\.(?:VERSION_)?|JavaVersion\.toVersion\()?["']?(?:VERSION_)?([\d._]+)/,
      'sourceCompatibility',
    ],
    [/jvmTarget(?:\.set\(|\s*=\s*)\s*(?:JvmTarget\.JVM_|JavaVersion\.VERSION_)?["']?([\d._]+)/, 'jvmTarget'],
  ];
  return forms.flatMap(([pattern, key]) => {
    const value = pattern.exec(code)?.[1]?.replaceAll('_', '.');
    return value === undefined || !/^\d/.test(value) ? [] : [{ value, source: `${file} ${key}` }];
  });
}
