import type { Tree } from './tree.ts';

const usual =
  /^(templates?|tmpl|views?|static|public|assets|migrations|www|html|i18n|locales?|translations|content|resources?|data|config|conf|themes?|sql|seeds?|css|js|images|img|fonts)$/i;
const never =
  /\.(md|lock|toml|rs|go|mod|sum)$|^(Dockerfile.*|docker-compose.*|Makefile|justfile|LICENSE.*|Procfile|package(-lock)?\.json)$|^\.|\s/;

/**
 * The folders and files in the root of the app that its code names in a string (`"templates/*.html"`), and the folders
 * that by their name are read at run time. `code`: the extension of its sources, whose folders are left out.
 */
export function namedFiles(
  tree: Tree,
  literals: Iterable<string>,
  code: string,
): { folders: string[]; files: string[] } {
  const named = new Set<string>();
  for (const literal of literals) named.add(literal.replace(/^\.?\//, '').split('/')[0] ?? '');
  const folders = new Set<string>();
  for (const path of tree.all) {
    const slash = path.indexOf('/');
    if (slash > 0) folders.add(path.slice(0, slash));
  }
  const sources = new Set(
    tree.all
      .filter((path) => path.endsWith(code) && path.includes('/'))
      .map((path) => path.slice(0, path.indexOf('/'))),
  );
  const wanted = (folder: string) =>
    (usual.test(folder) || named.has(folder)) &&
    !sources.has(folder) &&
    !/^(target|vendor|node_modules|src|tests?|examples?|benches)$|^\.|\s/.test(folder);
  return {
    folders: [...folders].filter(wanted).sort(),
    files: tree
      .in('')
      .filter((file) => (named.has(file) && !never.test(file)) || file === 'Rocket.toml')
      .sort(),
  };
}
