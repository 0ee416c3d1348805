import { type CacheMount, type Evidence, evidence, invalid, type Warning, weight } from '../buildpack.ts';
import { record, text } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';
import type { Package } from './package.ts';

export type ManagerName = 'npm' | 'pnpm' | 'yarn' | 'bun';

export interface Manager {
  name: ManagerName;
  /** Yarn 2 and later. */
  berry: boolean;
  /** What `npm install -g` gets, when the build image's own will not do; null: its own. */
  version: string | null;
  lock: string | null;
  evidence: Evidence[];
  warnings: Warning[];
}

const locks: readonly [string, ManagerName][] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
];

/**
 * The package manager of a folder: the setting, what package.json declares, then the lock file. Throws PlanError for two
 * lock files of different managers where nothing declares one.
 */
export function managerOf(tree: Tree, pkg: Package | null, setting: string | null): Manager {
  const present = locks.filter(([file]) => tree.has(file));
  const named = [...new Set(present.map(([, name]) => name))];
  const declared = setting === null ? declaration(tree, pkg) : fromSetting(setting);
  if (declared === null && named.length > 1) {
    const files = present.map(([file]) => file);
    throw invalid(
      files[1] ?? 'package.json',
      null,
      `There are lock files of several package managers: ${files.join(' and ')}.`,
      `Delete the one that is not used, or declare the manager in package.json, for example "packageManager": "${named[0]}@${{ npm: '11.0.0', pnpm: '10.0.0', yarn: '1.22.22', bun: '1.3.0' }[named[0] ?? 'npm']}".`,
    );
  }
  const name = declared?.name ?? named[0] ?? 'npm';
  const lock = present.find(([, one]) => one === name)?.[0] ?? null;
  const warnings: Warning[] = [];
  const others = present.filter(([, one]) => one !== name).map(([file]) => file);
  if (others.length > 0)
    warnings.push({
      code: 'other-lock-file',
      message: `${others.join(', ')} is not used: ${declared?.source ?? lock} says ${name}.`,
    });
  if (
    lock === null &&
    pkg !== null &&
    Object.keys({ ...pkg.dependencies, ...pkg.devDependencies }).length > 0
  ) {
    warnings.push({
      code: 'no-lock-file',
      message: `There is no lock file of ${name}, so each build may get other versions. Commit one.`,
    });
  }
  const berry = name === 'yarn' && isBerry(tree, declared?.version ?? null);
  const reasons = [
    ...(declared === null
      ? []
      : [evidence(setting === null ? 'package.json' : 'landfall.toml', declared.source, name, weight.hint)]),
    ...(lock === null ? [] : [evidence(lock, 'lock file', name, weight.hint)]),
  ];
  return {
    name,
    berry,
    version: versionOf(tree, name, berry, declared?.version ?? null),
    lock,
    evidence: reasons,
    warnings,
  };
}

function fromSetting(setting: string) {
  const found = split(setting);
  if (found === null)
    throw invalid(
      'landfall.toml',
      null,
      `landfall.toml: package_manager "${setting}" is not known.`,
      'It is one of npm, pnpm, yarn and bun, with or without @version.',
    );
  return { ...found, source: 'package_manager' };
}

function declaration(
  tree: Tree,
  pkg: Package | null,
): { name: ManagerName; version: string | null; source: string } | null {
  if (pkg === null) return null;
  if (pkg.packageManager !== null) {
    const found = split(pkg.packageManager);
    if (found !== null) return { ...found, source: 'packageManager' };
  }
  const dev = record(pkg.devEngines.packageManager);
  const devName = managerName(text(dev.name));
  if (devName !== null)
    return { name: devName, version: exact(text(dev.version)), source: 'devEngines.packageManager' };
  for (const name of ['pnpm', 'yarn', 'bun'] as const) {
    if (pkg.volta[name] !== undefined)
      return { name, version: exact(pkg.volta[name] ?? null), source: `volta.${name}` };
  }
  const only = /only-allow\s+(npm|pnpm|yarn|bun)/.exec(pkg.scripts.preinstall ?? '')?.[1];
  const onlyName = managerName(only ?? null);
  if (onlyName !== null) return { name: onlyName, version: null, source: 'scripts.preinstall' };
  for (const name of ['pnpm', 'yarn', 'bun'] as const) {
    // `"npm": "please-use-yarn"` is the usual way to say what must not be used.
    const range = pkg.engines[name];
    if (
      range !== undefined &&
      /\d|\*/.test(range) &&
      tree.first(...locks.filter(([, one]) => one === name).map(([file]) => file)) !== null
    ) {
      return { name, version: null, source: `engines.${name}` };
    }
  }
  return null;
}

function split(value: string): { name: ManagerName; version: string | null } | null {
  const [, word = '', version] = /^@?([\w/]+?)(?:@([^+]+).*)?$/.exec(value.trim()) ?? [];
  const name = managerName(word);
  return name === null ? null : { name, version: exact(version ?? null) };
}

function managerName(value: string | null): ManagerName | null {
  return value === 'npm' || value === 'pnpm' || value === 'yarn' || value === 'bun' ? value : null;
}

function exact(version: string | null): string | null {
  return version !== null && /^\d+(\.\d+){0,2}[\w.-]*$/.test(version) ? version : null;
}

function isBerry(tree: Tree, version: string | null): boolean {
  if (version !== null) return Number(version.split('.')[0]) >= 2;
  if (tree.has('.yarnrc.yml')) return true;
  return /^__metadata:/m.test((tree.read('yarn.lock') ?? '').slice(0, 400));
}

/** The version to install: declared, else what can read the lock file; null: what the build image has. */
function versionOf(tree: Tree, name: ManagerName, berry: boolean, declared: string | null): string | null {
  switch (name) {
    case 'npm':
      // The npm that came with this Node reads every lock file; a declared one is only a wish.
      return null;
    case 'pnpm': {
      if (declared !== null) return declared;
      const format = /^lockfileVersion:\s*['"]?(\d+)(?:\.(\d+))?/.exec(
        tree.read('pnpm-lock.yaml')?.slice(0, 200) ?? '',
      );
      const major = format === null ? 9 : Number(format[1]);
      if (major === 5) return Number(format?.[2] ?? 4) <= 3 ? '6' : '7';
      return major === 6 ? '8' : null;
    }
    case 'yarn': {
      if (!berry) return null;
      if (declared !== null) return declared;
      const vendored = /yarn-(\d+\.\d+\.\d+[\w.-]*)\.c?js/.exec(tree.read('.yarnrc.yml') ?? '')?.[1];
      return vendored ?? '4';
    }
    case 'bun':
      return declared;
  }
}

/** The manager's own program made ready in the build stage; null when the build image has the right one. */
export function setup(manager: Manager): string | null {
  switch (manager.name) {
    case 'npm':
      return null;
    case 'pnpm':
      return manager.version === null
        ? 'if ! command -v pnpm >/dev/null; then npm install -g pnpm@10; fi'
        : `npm install -g --force pnpm@${manager.version}`;
    case 'yarn':
      return manager.berry
        ? `npm install -g --force @yarnpkg/cli-dist@${manager.version ?? '4'}`
        : 'if ! command -v yarn >/dev/null; then npm install -g yarn@1; fi';
    case 'bun':
      return manager.version === null
        ? 'if ! command -v bun >/dev/null; then npm install -g bun@1; fi'
        : `npm install -g --force bun@${manager.version}`;
  }
}

/** Environment of every call of the manager in the build. */
export function managerEnv(manager: Manager): Record<string, string> {
  switch (manager.name) {
    case 'npm':
      return { npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_audit: 'false' };
    case 'pnpm':
      return {
        npm_config_store_dir: '/root/.pnpm-store',
        npm_config_manage_package_manager_versions: 'false',
      };
    case 'yarn':
      // With node_modules every program finds its modules; Plug'n'Play would need yarn at run time.
      return manager.berry
        ? {
            YARN_NODE_LINKER: 'node-modules',
            YARN_ENABLE_GLOBAL_CACHE: 'true',
            YARN_GLOBAL_FOLDER: '/root/.yarn/berry',
            YARN_ENABLE_TELEMETRY: 'false',
            YARN_IGNORE_PATH: '1',
          }
        : {};
    case 'bun':
      return {};
  }
}

export function installCommand(manager: Manager, production: boolean): string {
  const locked = manager.lock !== null;
  switch (manager.name) {
    case 'npm':
      return `npm ${locked ? 'ci' : 'install'}${production ? ' --omit=dev' : ' --include=dev'}`;
    case 'pnpm':
      return `pnpm install ${locked ? '--frozen-lockfile' : '--no-frozen-lockfile'}${production ? ' --prod' : ' --prod=false'}`;
    case 'yarn':
      if (manager.berry)
        // Only from version 4 on it can leave the modules for development out by itself.
        return production && /^(?:[4-9]|\d\d)/.test(manager.version ?? '4')
          ? `yarn workspaces focus --production`
          : `yarn install ${locked ? '--immutable' : '--no-immutable'}`;
      return `yarn install${locked ? ' --frozen-lockfile' : ''} --non-interactive --production=${production}`;
    case 'bun':
      return `bun install${locked ? ' --frozen-lockfile' : ''}${production ? ' --production' : ''}`;
  }
}

/** Takes the development modules out of an installed tree; null where the manager cannot. */
export function pruneCommand(manager: Manager): string | null {
  switch (manager.name) {
    case 'npm':
      return 'npm prune --omit=dev --ignore-scripts';
    case 'pnpm':
      return 'CI=true pnpm prune --prod --ignore-scripts';
    case 'yarn':
      return manager.berry
        ? null
        : `yarn install --production --ignore-scripts --offline --non-interactive${manager.lock === null ? '' : ' --frozen-lockfile'}`;
    case 'bun':
      return null;
  }
}

export function cacheOf(manager: Manager): CacheMount {
  switch (manager.name) {
    case 'npm':
      return { id: 'npm', target: '/root/.npm' };
    case 'pnpm':
      return { id: 'pnpm', target: '/root/.pnpm-store' };
    case 'yarn':
      return manager.berry
        ? { id: 'yarn-berry', target: '/root/.yarn/berry' }
        : { id: 'yarn', target: '/usr/local/share/.cache/yarn', sharing: 'locked' };
    case 'bun':
      return { id: 'bun', target: '/root/.bun/install/cache' };
  }
}

/** How a script of package.json is run in the build. */
export function runScript(manager: Manager, name: string): string {
  return manager.name === 'yarn' ? `yarn run ${name}` : `${manager.name} run ${name}`;
}

/** Files besides package.json that the installation reads. */
export function manifestFiles(tree: Tree, manager: Manager): string[] {
  const files = [
    '.npmrc',
    'pnpm-workspace.yaml',
    '.pnpmfile.cjs',
    '.yarnrc',
    '.yarnrc.yml',
    'bunfig.toml',
  ].filter((file) => tree.has(file));
  return [...(manager.lock === null ? [] : [manager.lock]), ...files];
}

/** Folders that the installation reads: patches, vendored yarn. */
export function manifestFolders(tree: Tree): string[] {
  return ['patches', '.pnpm-patches', '.yarn/patches', '.yarn/plugins', '.yarn/cache'].filter((folder) =>
    tree.hasFolder(folder),
  );
}
