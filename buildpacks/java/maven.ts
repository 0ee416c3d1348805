import type { Tree } from '../lib/tree.ts';
import type { VersionRequest } from '../lib/versions.ts';
import { type Element, parseXml } from '../lib/xml.ts';
import { type Artifact, type Bootable, frameworkOf } from './model.ts';
import { mainClasses, sourcesOf } from './sources.ts';

/** A pom.xml with what it inherits from poms of the same repository. */
interface Pom {
  dir: string;
  artifactId: string;
  packaging: string;
  modules: string[];
  properties: ReadonlyMap<string, string>;
  /** `group:artifact` of dependencies, plugins and parents. */
  dependencies: Set<string>;
  plugins: Map<string, Element>;
  parent: string | null;
  parentVersion: string | null;
}

export interface Maven {
  poms: Pom[];
  bootables: Bootable[];
  versions: VersionRequest[];
}

const child = (element: Element | undefined, ...path: string[]): Element | undefined =>
  path.reduce<Element | undefined>((at, name) => at?.children.find((one) => one.name === name), element);
const textOf = (element: Element | undefined, ...path: string[]) => {
  const value = child(element, ...path)?.text.trim();
  return value === undefined || value === '' ? null : value;
};
const listOf = (element: Element | undefined, ...path: string[]) => child(element, ...path)?.children ?? [];

/** Reads pom.xml and its modules. null when absent; PlanError for bad XML. */
export function readMaven(tree: Tree): Maven | null {
  if (!tree.has('pom.xml')) return null;
  const poms: Pom[] = [];
  const visit = (dir: string, above: Pom | null) => {
    if (poms.length > 200 || poms.some((one) => one.dir === dir)) return;
    const file = dir === '' ? 'pom.xml' : `${dir}/pom.xml`;
    const text = tree.manifest(file);
    if (text === null) return;
    const pom = readPom(parseXml(text, tree.root === '' ? file : `${tree.root}/${file}`), dir, above);
    poms.push(pom);
    for (const module of pom.modules) visit(join(dir, module), pom);
  };
  visit('', null);
  const dirs = poms.map((pom) => pom.dir);
  const bootables = poms.flatMap((pom) => bootable(tree, pom, dirs) ?? []);
  return { poms, bootables, versions: poms.flatMap(versionsOf) };
}

function join(dir: string, path: string): string {
  const parts = dir === '' ? [] : dir.split('/');
  for (const part of path.replace(/\/pom\.xml$/, '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function readPom(project: Element, dir: string, above: Pom | null): Pom {
  const own = new Map(listOf(project, 'properties').map((one) => [one.name, one.text.trim()]));
  const properties = new Map([...(above?.properties ?? []), ...own]);
  const fill = (value: string | null) =>
    value?.replace(/\$\{([^}]+)\}/g, (whole, name: string) => properties.get(name) ?? whole) ?? null;
  const coordinates = (one: Element) =>
    `${fill(textOf(one, 'groupId')) ?? 'org.apache.maven.plugins'}:${fill(textOf(one, 'artifactId')) ?? ''}`;
  const active = listOf(project, 'profiles').filter(
    (profile) =>
      textOf(profile, 'activation', 'activeByDefault') === 'true' || textOf(profile, 'id') === 'production',
  );
  const parts = [project, ...active];
  const parentId = child(project, 'parent');
  const dependencies = new Set<string>(
    above === null ? [] : [...above.dependencies].filter((one) => !one.startsWith('plugin ')),
  );
  for (const one of parts.flatMap((part) => listOf(part, 'dependencies'))) {
    if (textOf(one, 'scope') !== 'test' && textOf(one, 'scope') !== 'import')
      dependencies.add(coordinates(one));
  }
  const parentName =
    parentId === undefined
      ? null
      : `${textOf(parentId, 'groupId') ?? ''}:${textOf(parentId, 'artifactId') ?? ''}`;
  const plugins = new Map<string, Element>(above?.plugins);
  for (const one of parts.flatMap((part) => listOf(part, 'build', 'plugins')))
    plugins.set(textOf(one, 'artifactId') ?? '', one);
  return {
    dir,
    artifactId: fill(textOf(project, 'artifactId')) ?? 'app',
    packaging: fill(textOf(project, 'packaging')) ?? 'jar',
    modules: parts
      .flatMap((part) => [...listOf(part, 'modules'), ...listOf(part, 'subprojects')])
      .map((one) => one.text.trim()),
    properties,
    dependencies,
    plugins,
    parent:
      above?.parent !== null &&
      above !== null &&
      above.parent !== undefined &&
      /spring-boot|quarkus|micronaut|helidon/.test(above.parent)
        ? above.parent
        : parentName,
    parentVersion: fill(textOf(parentId, 'version')) ?? above?.parentVersion ?? null,
  };
}

function bootable(tree: Tree, pom: Pom, dirs: readonly string[]): Bootable | null {
  if (pom.packaging === 'pom' || /maven-plugin|eclipse|bundle|ear$/.test(pom.packaging)) return null;
  const file = pom.dir === '' ? 'pom.xml' : `${pom.dir}/pom.xml`;
  const names = [...pom.dependencies, ...(pom.parent === null ? [] : [pom.parent])];
  const framework = frameworkOf(names);
  const mains = mainClasses(tree, pom.dir, dirs);
  const main = mains[0];
  const base = { dir: pom.dir, name: pom.artifactId, framework, serves: framework !== null };
  const because = (key: string, value: string): Bootable['because'] => [file, key, value];
  const made = (artifact: Artifact, key: string, value: string, more: Partial<Bootable> = {}): Bootable => ({
    ...base,
    artifact,
    because: because(key, value),
    ...more,
  });

  const spring = pom.plugins.has('spring-boot-maven-plugin');
  if (spring && (main !== undefined || pom.packaging === 'war')) {
    const boot = /spring-boot/.test(pom.parent ?? '')
      ? pom.parentVersion
      : (pom.properties.get('spring-boot.version') ?? null);
    const layered = boot !== null && pom.packaging !== 'war' && atLeast(boot, 3, 3);
    return made({ kind: 'jar', war: pom.packaging === 'war' }, 'plugin', 'spring-boot-maven-plugin', {
      framework: framework ?? 'spring-boot',
      serves: true,
      layered,
    });
  }
  if (pom.plugins.has('quarkus-maven-plugin'))
    return made({ kind: 'quarkus' }, 'plugin', 'quarkus-maven-plugin', {
      framework: 'quarkus',
      serves: true,
    });
  if (pom.packaging === 'war') {
    const jakarta =
      [...pom.dependencies].some((one) => one.startsWith('jakarta.')) ||
      sourcesOf(tree, '.java').some((path) => /import jakarta\.servlet/.test(tree.read(path) ?? ''));
    return made({ kind: 'war', jakarta }, 'packaging', 'war', { serves: true });
  }
  const named = mainOf(pom);
  const fat = [
    'maven-shade-plugin',
    'maven-assembly-plugin',
    'onejar-maven-plugin',
    'vertx-maven-plugin',
    'helidon-maven-plugin',
  ].find((one) => pom.plugins.has(one) && (one !== 'maven-assembly-plugin' || named !== null));
  if (/micronaut/.test(`${pom.parent}${[...pom.plugins.keys()].join()}`) && main !== undefined)
    return made({ kind: 'jar' }, 'parent', 'micronaut', { framework: 'micronaut', serves: true });
  if (fat !== undefined && (named !== null || main !== undefined || fat === 'vertx-maven-plugin')) {
    return made(
      { kind: 'jar' },
      'plugin',
      fat,
      framework === 'dropwizard' ? { arguments: dropwizard(tree, pom.dir) } : {},
    );
  }
  const start = named ?? main?.name;
  if (start === undefined || (named === null && framework === null && isLibrary(pom))) return null;
  return made({ kind: 'classes', main: start }, named === null ? 'main' : 'mainClass', start);
}

/** A published jar with a stray main method: it has the marks of something made for others. */
function isLibrary(pom: Pom): boolean {
  return [
    'maven-gpg-plugin',
    'maven-source-plugin',
    'nexus-staging-maven-plugin',
    'central-publishing-maven-plugin',
  ].some((one) => pom.plugins.has(one));
}

function mainOf(pom: Pom): string | null {
  for (const name of [
    'maven-jar-plugin',
    'maven-shade-plugin',
    'maven-assembly-plugin',
    'exec-maven-plugin',
    'appassembler-maven-plugin',
    'spring-boot-maven-plugin',
    'onejar-maven-plugin',
  ]) {
    const plugin = pom.plugins.get(name);
    const found = plugin === undefined ? null : deep(plugin, ['mainClass', 'Main-Class', 'main.class']);
    if (found !== null)
      return found.replace(/\$\{([^}]+)\}/g, (whole, key: string) => pom.properties.get(key) ?? whole);
  }
  return (
    ['exec.mainClass', 'mainClass', 'main.class', 'start-class', 'exec.main.class']
      .map((key) => pom.properties.get(key))
      .find((one) => one !== undefined) ?? null
  );
}

function deep(element: Element, names: readonly string[]): string | null {
  for (const one of element.children) {
    if (names.includes(one.name) && one.text.trim() !== '') return one.text.trim();
    const found = deep(one, names);
    if (found !== null) return found;
  }
  return null;
}

export function dropwizard(tree: Tree, dir: string): string {
  const prefix = dir === '' ? '' : `${dir}/`;
  const file = tree.files.find(
    (path) =>
      path.startsWith(prefix) && /\.ya?ml$/.test(path) && /^server:|^logging:/m.test(tree.read(path) ?? ''),
  );
  return `server${file === undefined ? '' : ` ${file}`}`;
}

export function atLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

function versionsOf(pom: Pom): VersionRequest[] {
  const file = pom.dir === '' ? 'pom.xml' : `${pom.dir}/pom.xml`;
  const found: VersionRequest[] = [];
  const add = (value: string | null | undefined, key: string) => {
    const filled = value?.replace(
      /\$\{([^}]+)\}/g,
      (whole, name: string) => pom.properties.get(name) ?? whole,
    );
    if (filled !== undefined && /^\d/.test(filled)) found.push({ value: filled, source: `${file} ${key}` });
  };
  const compiler = pom.plugins.get('maven-compiler-plugin');
  add(pom.properties.get('maven.compiler.release'), 'maven.compiler.release');
  add(textOf(compiler, 'configuration', 'release'), 'maven-compiler-plugin release');
  for (const key of ['java.version', 'jdk.version', 'java-version', 'javaVersion', 'release.version'])
    add(pom.properties.get(key), key);
  add(pom.properties.get('maven.compiler.target'), 'maven.compiler.target');
  add(textOf(compiler, 'configuration', 'target'), 'maven-compiler-plugin target');
  add(pom.properties.get('maven.compiler.source'), 'maven.compiler.source');
  add(textOf(compiler, 'configuration', 'source'), 'maven-compiler-plugin source');
  add(pom.properties.get('kotlin.compiler.jvmTarget'), 'kotlin.compiler.jvmTarget');
  return found;
}
