import {
  type Buildpack,
  type Context,
  evidence,
  nothingToRun,
  type StackPlan,
  type Warning,
  weight,
} from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { record, text } from '../lib/json.ts';
import { serveStage, sitePlan } from '../lib/serve.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { languages, resolveVersion, type VersionRequest } from '../lib/versions.ts';
import { type Cargo, readCargo } from './cargo.ts';
import { candidates, chooseBinary, frameworkOf, serves } from './choose.ts';
import { image } from './image.ts';

/** Rust: one binary on Debian; dependencies stay compiled in a cache of the package. */
export const rust: Buildpack = {
  stack: 'rust',

  detect(ctx) {
    const cargo = readCargo(ctx);
    if (cargo === null) return null;
    const reasons = [evidence('Cargo.toml', 'manifest', cargo.root?.name ?? 'workspace', weight.manifest)];
    if (cargo.crates.some((crate) => crate.dependencies.has('tauri'))) {
      return {
        role: 'tools',
        evidence: [
          ...reasons,
          evidence('Cargo.toml', 'dependencies', 'tauri: a desktop program', weight.helper),
        ],
      };
    }
    if (wasmPage(ctx, cargo))
      return {
        role: 'files',
        evidence: [
          ...reasons,
          evidence('index.html', 'page', 'built by trunk', weight.entry),
          evidence('Cargo.toml', 'dependencies', 'a page in WebAssembly', weight.framework),
        ],
      };
    const pool = candidates(cargo);
    const main = pool.find((one) => serves(ctx, one)) ?? pool[0];
    if (main === undefined)
      return {
        role: 'server',
        evidence: [...reasons, evidence('Cargo.toml', 'targets', 'no binary', weight.sources)],
      };
    reasons.push(evidence(main.file, 'binary', main.name, weight.entry));
    const framework = pool.map((one) => frameworkOf(one.crate)).find((one) => one !== null) ?? null;
    if (framework !== null) reasons.push(evidence('Cargo.toml', 'dependencies', framework, weight.framework));
    return { role: 'server', evidence: reasons };
  },

  plan(ctx) {
    const cargo = readCargo(ctx);
    if (cargo === null)
      throw nothingToRun('There is no Cargo.toml.', 'Add one (cargo init), or a Dockerfile.');
    const { version, warnings } = rustVersion(ctx, cargo);
    if (wasmPage(ctx, cargo)) return trunk(ctx, version, warnings);
    const chosen = chooseBinary(ctx, cargo);
    return image(ctx, chosen, version, [...warnings, ...chosen.warnings]);
  },
};

/** A page in WebAssembly, which trunk builds to files. */
function wasmPage(ctx: Context, cargo: Cargo): boolean {
  const { root } = cargo;
  if (root === null || frameworkOf(root) !== null) return false;
  const page = ctx.tree.read('index.html');
  return (page !== null && /data-trunk/.test(page)) || (ctx.tree.has('Trunk.toml') && page !== null);
}

function rustVersion(ctx: Context, cargo: Cargo) {
  const warnings: Warning[] = [];
  const channel = (file: string): VersionRequest | null => {
    const raw = ctx.tree.read(file) ?? (ctx.dir === '' ? null : ctx.repo.read(file));
    if (raw === null) return null;
    const value =
      /^\s*channel\s*=\s*["']([^"']+)["']/m.exec(raw)?.[1] ??
      (file.endsWith('.toml') ? null : /^\s*([\w.-]+)\s*$/.exec(raw)?.[1]);
    if (value === null || value === undefined) return null;
    if (/^(nightly|beta)/.test(value)) {
      warnings.push({
        code: 'unstable-toolchain',
        message: `${file} asks for Rust ${value}; rustup in the official image gets it, other base images build with the stable one.`,
      });
      return null;
    }
    return { value: value.replace(/-(x86_64|aarch64).*$/, ''), source: file };
  };
  const resolved = resolveVersion(languages.rust, [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    channel('rust-toolchain.toml'),
    channel('rust-toolchain'),
    toolVersion(ctx.tree, 'rust'),
    versionFile(ctx.tree, '.rust-version'),
    cargo.rustVersion === null
      ? null
      : { value: cargo.rustVersion, source: 'Cargo.toml rust-version', minimum: true },
  ]);
  return { version: resolved.version, warnings: [...resolved.warnings, ...warnings] };
}

function trunk(ctx: Context, version: StackPlan['version'], warnings: Warning[]): StackPlan {
  const dist = text(record(record(ctx.tree.toml('Trunk.toml') ?? {}).build).dist) ?? 'dist';
  return sitePlan({
    framework: 'trunk',
    packageManager: 'cargo',
    version,
    stages: [
      {
        name: 'build',
        from: images.rustBuild(version?.value ?? languages.rust.preferred),
        why: 'Compiles the page to WebAssembly.',
        steps: [
          { do: 'workdir', path: '/src' },
          {
            do: 'run',
            commands: [
              'rustup target add wasm32-unknown-unknown',
              'cargo install --locked --root /usr/local trunk',
            ],
            network: true,
            caches: [{ id: 'cargo-registry', target: '/usr/local/cargo/registry' }],
          },
          { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
          {
            do: 'run',
            commands: ['trunk build --release'],
            network: true,
            caches: [{ id: 'cargo-registry', target: '/usr/local/cargo/registry' }],
          },
        ],
      },
      serveStage({
        from: 'build',
        path: `/src/${dist.replace(/^\.?\/+|\/+$/g, '')}`,
        fallback: true,
        tree: ctx.tree,
        why: 'The built page.',
        hashed: true,
      }),
    ],
    warnings,
  });
}
