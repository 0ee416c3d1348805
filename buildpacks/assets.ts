import type { Context, Stage, Step, Warning } from './buildpack.ts';
import { images } from './lib/images.ts';
import { Tree } from './lib/tree.ts';
import {
  cacheOf,
  installCommand,
  managerEnv,
  managerOf,
  manifestFiles,
  manifestFolders,
  runScript,
  setup,
} from './node/manager.ts';
import { type Package, readPackage } from './node/package.ts';
import { nodeVersion } from './node/version.ts';

/** A Node build that makes files for an app of another language. */
export interface Assets {
  /** The stage; its work lies in /src, laid out as the app's folder. */
  stage: Stage;
  /** Copies the result over the app's source, into the same place below the current folder. */
  copy: Step;
  warnings: Warning[];
}

export interface AssetOptions {
  /** Where package.json lies, in the app. */
  folder: string;
  /** package.json's script; null: only the modules are needed (the other language's build calls them). */
  script: string | null;
  /** The build reads or writes outside of its folder, so it gets the whole app. */
  whole: boolean;
  why: string;
  /** After the sources, before the script: what other stages must lend. */
  extra?: readonly Step[];
}

/** The script that builds for production; null when there is none. */
export function buildScript(pkg: Package): string | null {
  return (
    ['build', 'production', 'prod', 'build:prod', 'build:assets', 'assets'].find(
      (name) => pkg.scripts[name] !== undefined,
    ) ?? null
  );
}

/** The stage that builds `folder`'s package.json with its own package manager, manifests before sources. */
export function assetStage(ctx: Context, { folder, script, whole, why, extra = [] }: AssetOptions): Assets {
  const tree = folder === '' ? ctx.tree : Tree.of(ctx.tree.source, ctx.at(folder));
  const inner: Context = { ...ctx, tree, dir: ctx.at(folder), settings: { ...ctx.settings, version: null } };
  const pkg = readPackage(tree);
  const manager = managerOf(tree, pkg, null);
  const version = nodeVersion(inner, pkg === null ? [] : [pkg]);
  const ready = setup(manager);
  const at = (path: string) => ctx.at(folder === '' ? path : path === '' ? folder : `${folder}/${path}`);
  const place = folder === '' ? '/src' : `/src/${folder}`;
  const env = { ...managerEnv(manager), CI: 'true' };
  const early = ['preinstall', 'install', 'postinstall', 'prepare'].some(
    (name) => pkg?.scripts[name] !== undefined,
  );
  const source: Step =
    whole || folder === ''
      ? { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: '/src/' }
      : { do: 'copy', paths: [`${at('')}/`], to: `${place}/` };
  const stage: Stage = {
    name: 'assets',
    from: images.nodeBuild(version.version.value),
    why,
    steps: [
      { do: 'workdir', path: place },
      { do: 'env', values: env },
      ...(early
        ? [{ ...source, why: 'Its install scripts may read any file.' }]
        : [
            {
              do: 'copy',
              paths: ['package.json', ...manifestFiles(tree, manager)].map(at),
              to: './',
            } as const,
            ...manifestFolders(tree).map(
              (one) => ({ do: 'copy', paths: [`${at(one)}/`], to: `./${one}/` }) as const,
            ),
          ]),
      {
        do: 'run',
        commands: [...(ready === null ? [] : [ready]), installCommand(manager, false)],
        network: true,
        caches: [cacheOf(manager)],
      },
      ...(early ? [] : [source]),
      ...extra,
      ...(script === null
        ? []
        : [
            {
              do: 'run',
              commands: [
                ...(ready === null ? [] : [ready]),
                `NODE_ENV=production ${runScript(manager, script)}`,
                'rm -rf node_modules',
              ],
              network: true,
            } as const,
          ]),
    ],
  };
  const copy: Step =
    whole || folder === ''
      ? { do: 'copy', from: 'assets', paths: ['/src/'], to: './' }
      : { do: 'copy', from: 'assets', paths: [`${place}/`], to: `./${folder}/` };
  return { stage, copy, warnings: [...manager.warnings, ...version.warnings] };
}
