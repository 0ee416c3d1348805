import { type Context, invalid, type Warning } from '../buildpack.ts';
import { type Json, record, strings } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';
import {
  directNames,
  hasPathSources,
  isPublished,
  lockedNames,
  poetryWritten,
  scriptsOf,
  setupNames,
  uvPackage,
} from './manifests.ts';
import { type Requirements, readRequirements } from './requirements.ts';

export type PythonManager = 'pip' | 'uv' | 'poetry' | 'pdm' | 'pipenv';

/** How the dependencies of a Python app are installed, and which they are. */
export interface Project {
  manager: PythonManager;
  /** The file that decides. null: nothing is installed but what the start command needs. */
  manifest: string | null;
  lock: string | null;
  /** Of run time, normalized, direct ones; with a lock's or requirements' transitive ones. */
  names: Set<string>;
  requirements: Requirements | null;
  /** Requirements written into the Dockerfile, where no tool can install from the manifest. */
  written: string[];
  /** The project itself can be installed and is imported by its name. */
  installable: boolean;
  /** It says of itself what a package index wants to know (classifiers, keywords): it is made for others. */
  published: boolean;
  /** The dependency layer needs the source (path dependencies, workspaces, `-e .`). */
  needsSource: boolean;
  /** [project.scripts] and Poetry's: name → `module:function`. */
  scripts: Record<string, string>;
  pyproject: Record<string, Json>;
  git: boolean;
  warnings: Warning[];
}

const requirementFiles = [
  'requirements.txt',
  'requirements/production.txt',
  'requirements/prod.txt',
  'requirements-prod.txt',
  'requirements_prod.txt',
  'requirements.prod.txt',
  'requirements/requirements.txt',
  'requirements/base.txt',
  'requirements/common.txt',
  'requirements/main.txt',
  'requirements-base.txt',
  'requirements/app.txt',
  'requirements/web.txt',
  'requirements.lock',
  'requirements.in',
];

/** What people write instead of requirements.txt; it is used, and said. */
const misspelled =
  /^(?:req(?:u[ei]|e)r[ie]?m?e?n?t?s?|requirements?|requirments|requeriments|requirement|dependencies)\.txt(?:\.txt)?$/i;

/** Which manifest installs, by lock file, then by what pyproject.toml declares. Throws PlanError for two undeclared lock files. */
export function readProject(ctx: Context): Project {
  const { tree } = ctx;
  const pyproject = record(tree.toml('pyproject.toml') ?? {});
  const tool = record(pyproject.tool);
  const locks = (
    [
      ['uv.lock', 'uv'],
      ['poetry.lock', 'poetry'],
      ['pdm.lock', 'pdm'],
      ['Pipfile.lock', 'pipenv'],
    ] as const
  ).filter(([file]) => tree.has(file));
  const declared = (['uv', 'poetry', 'pdm'] as const).filter((name) => tool[name] !== undefined);
  const setting = ctx.settings.packageManager;
  const named =
    (['pip', 'uv', 'poetry', 'pdm', 'pipenv'] as const).find((name) => name === setting?.split('@')[0]) ??
    null;
  const warnings: Warning[] = [];
  const requirementFile = findRequirements(tree, warnings);
  let lock = locks[0] ?? null;
  if (locks.length > 1) {
    const fitting = locks.filter(([, name]) =>
      named === null ? declared.some((one) => one === name) : name === named,
    );
    if (fitting.length !== 1) {
      throw invalid(
        locks[1]?.[0] ?? 'pyproject.toml',
        null,
        `There are lock files of several package managers: ${locks.map(([file]) => file).join(' and ')}.`,
        'Delete the one that is not used, or name one: package_manager = "uv" in landfall.toml.',
      );
    }
    lock = fitting[0] ?? null;
    warnings.push({
      code: 'other-lock-file',
      message: `${locks
        .filter((one) => one !== lock)
        .map(([file]) => file)
        .join(', ')} is not used: ${lock?.[1]} is declared.`,
    });
  }
  if (named !== null && lock !== null && lock[1] !== named) lock = null;
  const base = {
    pyproject,
    scripts: scriptsOf(pyproject),
    warnings,
    written: [] as string[],
    git: false,
    published: isPublished(pyproject, tree),
  };
  const installable =
    pyproject['build-system'] !== undefined || record(tool.poetry).name !== undefined || tree.has('setup.py');
  if (lock !== null) {
    if (requirementFile !== null)
      warnings.push({
        code: 'other-manifest',
        message: `${requirementFile} is not used: ${lock[0]} decides.`,
      });
    const direct = directNames(pyproject, tree);
    const locked = lockedNames(tree, lock[0]);
    return {
      ...base,
      manager: lock[1],
      manifest: lock[1] === 'pipenv' ? 'Pipfile' : 'pyproject.toml',
      lock: lock[0],
      names: direct.size > 0 ? direct : locked,
      requirements: null,
      installable: lock[1] === 'uv' ? uvPackage(pyproject) : installable,
      needsSource: hasPathSources(pyproject),
      git: /\bgit\+?[+=:"]|type = "git"/.test(tree.read(lock[0]) ?? ''),
    };
  }
  const pipfile = tree.has('Pipfile');
  if ((requirementFile !== null && named === null) || named === 'pip') {
    if (requirementFile !== null) {
      const requirements = readRequirements(tree, requirementFile);
      return {
        ...base,
        manager: 'pip',
        manifest: requirementFile,
        lock: null,
        names: union(requirements.names, pyproject.project === undefined ? new Set() : new Set()),
        requirements,
        installable: false,
        needsSource: requirements.local,
        git: requirements.git,
      };
    }
  }
  if (pipfile) {
    warnings.push({
      code: 'no-lock-file',
      message:
        'There is a Pipfile without Pipfile.lock, so each build may get other versions. Run pipenv lock and commit it.',
    });
    return {
      ...base,
      manager: 'pipenv',
      manifest: 'Pipfile',
      lock: null,
      names: directNames(pyproject, tree),
      requirements: null,
      installable: false,
      needsSource: false,
    };
  }
  if (tree.has('pyproject.toml')) {
    const manager = declared[0] ?? 'pip';
    const names = directNames(pyproject, tree);
    if (names.size > 0)
      warnings.push({
        code: 'no-lock-file',
        message: `pyproject.toml has no lock file beside it, so each build may get other versions. Commit one${manager === 'pip' ? '' : ` (${manager} lock)`}.`,
      });
    const poetry = record(tool.poetry);
    const written =
      pyproject.project === undefined && poetry.dependencies !== undefined
        ? poetryWritten(record(poetry.dependencies))
        : strings(record(pyproject.project).dependencies);
    const dynamic = strings(record(pyproject.project).dynamic).includes('dependencies');
    return {
      ...base,
      manager,
      manifest: 'pyproject.toml',
      lock: null,
      names,
      requirements: null,
      written: dynamic ? [] : written,
      installable,
      needsSource: hasPathSources(pyproject) || dynamic,
    };
  }
  if (tree.has('setup.py') || tree.has('setup.cfg')) {
    return {
      ...base,
      manager: 'pip',
      manifest: tree.has('setup.py') ? 'setup.py' : 'setup.cfg',
      lock: null,
      names: setupNames(tree),
      requirements: null,
      installable: true,
      needsSource: true,
    };
  }
  return {
    ...base,
    manager: 'pip',
    manifest: null,
    lock: null,
    names: new Set(),
    requirements: null,
    installable: false,
    needsSource: false,
  };
}

function findRequirements(tree: Tree, warnings: Warning[]): string | null {
  const found = tree.first(...requirementFiles);
  if (found !== null) return found;
  const near = tree.in('').find((name) => misspelled.test(name));
  if (near !== undefined)
    warnings.push({
      code: 'misspelled-manifest',
      message: `${near} is used as requirements.txt: rename it.`,
    });
  return near ?? null;
}

function union<T>(...sets: Set<T>[]): Set<T> {
  return new Set(sets.flatMap((set) => [...set]));
}
