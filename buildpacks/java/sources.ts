import { isAside, type Tree } from '../lib/tree.ts';

export interface MainClass {
  name: string;
  file: string;
  /** Marked as the application of its framework. */
  marked: boolean;
}

const marks =
  /@(?:\w+\.)*(?:SpringBootApplication|QuarkusMain|MicronautApplication|EnableAutoConfiguration)\b|\bMicronaut\.(?:run|build)\(|\brunApplication<|extends\s+Application<|SpringApplication\.run\(|Quarkus\.run\(/;
const javaMain = /\bpublic\s+static\s+(?:final\s+)?void\s+main\s*\(|\bstatic\s+public\s+void\s+main\s*\(/;
const kotlinMain = /^(?:suspend\s+)?fun\s+main\s*\(/m;
const scalaMain =
  /\bobject\s+(\w+)\s+extends\s+(?:[\w.[\]]+\s+with\s+)*(?:App|IOApp(?:\.Simple)?|ZIOApp(?:Default)?|ZIOAppDefault|TaskApp|cask\.Main(?:Routes)?|cask\.MainRoutes)\b/;
const scala3Main = /^@main\s+def\s+(\w+)/m;

const listed = new WeakMap<Tree, Map<string, string[]>>();

/**
 * The sources of one extension. Below a source folder every name is a package, `com.example.demo` too; only above it a
 * folder named so holds examples.
 */
export function sourcesOf(tree: Tree, extension: string): string[] {
  let lists = listed.get(tree);
  if (lists === undefined) {
    lists = new Map(
      ['.java', '.kt', '.scala', '.groovy'].map((one) => [
        one,
        tree.all.filter(
          (path) =>
            path.endsWith(one) &&
            !isAside(
              `${/^(?:(.*?)\/)?(?:src\/main\/\w+|src|app|grails-app)\//.exec(path)?.[1] ?? (/^(?:src|app|grails-app)\//.test(path) ? 'x' : path)}/x`,
            ),
        ),
      ]),
    );
    listed.set(tree, lists);
  }
  return lists.get(extension) ?? [];
}

/** The main classes below a module's folder, those that its framework marks first. Tests are left out. */
export function mainClasses(tree: Tree, dir: string, others: readonly string[] = []): MainClass[] {
  const prefix = dir === '' ? '' : `${dir}/`;
  const inside = (path: string) =>
    path.startsWith(prefix) &&
    !others.some((other) => other !== dir && other.startsWith(prefix) && path.startsWith(`${other}/`)) &&
    (/(^|\/)src\/main\//.test(path) ||
      !/(^|\/)(test|androidTest|integrationTest|jmh|testFixtures|buildSrc|build-logic)\//.test(
        path.slice(prefix.length),
      ));
  const found: MainClass[] = [];
  let left = 1500;
  for (const extension of ['.java', '.kt', '.scala', '.groovy']) {
    for (const path of sourcesOf(tree, extension)) {
      if (!inside(path) || left-- <= 0) continue;
      const text = tree.read(path);
      if (text === null) continue;
      const name = className(text, path, extension);
      if (name !== null) found.push({ name, file: path, marked: marks.test(text) });
    }
  }
  return found.sort((a, b) => Number(b.marked) - Number(a.marked));
}

function className(text: string, path: string, extension: string): string | null {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/^\s*\/\/.*$/gm, '');
  const scope = /^\s*package\s+([\w.`]+)/m.exec(code)?.[1]?.replaceAll('`', '');
  const base = path.slice(path.lastIndexOf('/') + 1, -extension.length);
  const full = (name: string) => (scope === undefined ? name : `${scope}.${name}`);
  if (extension === '.java')
    return javaMain.test(code) || (/^\s*void\s+main\s*\(/m.test(code) && !/\bclass\b/.test(code))
      ? full(base)
      : null;
  if (extension === '.groovy') return /static\s+(?:void|def)\s+main\s*\(/.test(code) ? full(base) : null;
  if (extension === '.kt') {
    if (kotlinMain.test(code)) {
      const renamed = /@file:JvmName\("(\w+)"\)/.exec(code)?.[1];
      return full(
        renamed ?? `${base.replace(/[^\w]/g, '_').replace(/^./, (letter) => letter.toUpperCase())}Kt`,
      );
    }
    return /@JvmStatic\s+fun\s+main\s*\(/.test(code)
      ? full(/\b(?:object|class)\s+(\w+)/.exec(code)?.[1] ?? base)
      : null;
  }
  const object = scalaMain.exec(code)?.[1] ?? scala3Main.exec(code)?.[1];
  if (object !== undefined) return full(object);
  return /\bdef\s+main\s*\(\s*\w+\s*:\s*Array\[String\]/.test(code)
    ? full(/\bobject\s+(\w+)/.exec(code)?.[1] ?? base)
    : null;
}
