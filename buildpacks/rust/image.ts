import type { Context, StackPlan, Step, Warning } from '../buildpack.ts';
import { apt, certificates } from '../lib/apt.ts';
import { binaries, givenCommands, placed } from '../lib/binaries.ts';
import { images } from '../lib/images.ts';
import { namedFiles } from '../lib/literals.ts';
import { languages } from '../lib/versions.ts';
import { type Binary, lockedCrates } from './cargo.ts';
import { type Chosen, frameworkOf } from './choose.ts';

/** Crates that bind to C libraries: what Debian package they are built with, and what they need to run. */
const needC: readonly [string, string[], string[]][] = [
  ['pq-sys', ['libpq-dev'], ['libpq5']],
  ['mysqlclient-sys', ['default-libmysqlclient-dev'], ['libmariadb3']],
  ['prost-build', ['protobuf-compiler'], []],
  ['bindgen', ['clang', 'libclang-dev'], []],
  ['cmake', ['cmake'], []],
  ['rdkafka-sys', ['cmake', 'zlib1g-dev'], []],
  ['libgit2-sys', ['cmake', 'zlib1g-dev'], []],
  ['librocksdb-sys', ['clang', 'libclang-dev', 'g++'], ['libstdc++6']],
  ['openssl-src', ['perl', 'make'], []],
  ['jemalloc-sys', ['make'], []],
  ['tikv-jemalloc-sys', ['make'], []],
  ['ring', [], []],
];

/** The image of the chosen binary. */
export function image(
  ctx: Context,
  { web, others }: Chosen,
  version: StackPlan['version'],
  warnings: Warning[],
): StackPlan {
  const framework = frameworkOf(web.crate);
  const commands = givenCommands(ctx);
  const locked = lockedCrates(ctx.tree);
  const native = needC.filter(([crate]) => locked.has(crate) || web.crate.dependencies.has(crate));
  const diesel = sqliteNeeded(ctx, web);
  const build = [...native.flatMap(([, packages]) => packages), ...(diesel ? ['libsqlite3-dev'] : [])];
  const run = [...native.flatMap(([, , packages]) => packages), ...(diesel ? ['libsqlite3-0'] : [])];
  const code = ctx.tree
    .withExtension('.rs')
    .slice(0, 400)
    .map((path) => ctx.tree.read(path) ?? '');
  const literals = new Set(
    code.flatMap((one) => [...one.matchAll(/"([^"\n\\]{1,200})"/g)].map((match) => match[1] ?? '')),
  );
  const files = namedFiles(ctx.tree, literals, '.rs');
  const inner =
    web.crate.dir === ''
      ? []
      : ['templates', 'static', 'assets', 'public', 'migrations', 'config'].filter(
          (folder) => ctx.tree.hasFolder(`${web.crate.dir}/${folder}`) && !files.folders.includes(folder),
        );
  const hasLock = ctx.tree.has('Cargo.lock');
  const names = [web, ...others].map((one) => one.name);
  const main = `${binaries}/${web.name}`;
  const own =
    framework === 'rocket'
      ? `ROCKET_PORT=$PORT ${main}`
      : framework === 'loco'
        ? `${main} start --environment production`
        : main;
  const given = commands.web === undefined ? own : placed(ctx, commands.web, names, web.name);
  const start =
    framework === 'rocket' && !given.includes('ROCKET_PORT') ? `ROCKET_PORT=$PORT ${given}` : given;
  return {
    framework,
    packageManager: 'cargo',
    version,
    static: false,
    start,
    rewrite: (command) => placed(ctx, command, names, web.name),
    ...fixedPort(code, framework),
    stages: [
      {
        name: 'build',
        from: images.rustBuild(version?.value ?? languages.rust.preferred),
        why: 'Compiles the binary.',
        steps: [
          { do: 'workdir', path: '/src' },
          ...packages(build, 'Libraries that crates are built with.'),
          { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
          ...(ctx.tree.hasFolder('.sqlx')
            ? [
                {
                  do: 'env',
                  values: { SQLX_OFFLINE: 'true' },
                  why: 'Queries are checked against .sqlx, not a database.',
                } as const,
              ]
            : []),
          compile(web, others, hasLock),
        ],
      },
      {
        name: 'runtime',
        from: images.debian(),
        why: 'The binary on Debian, for the C library.',
        steps: [
          ...packages(run, 'Libraries that the binary is linked with.'),
          certificates('build'),
          { do: 'workdir', path: '/app' },
          ...files.folders.map(
            (folder): Step => ({ do: 'copy', from: 'build', paths: [`/src/${folder}/`], to: `./${folder}/` }),
          ),
          ...inner.map(
            (folder): Step => ({
              do: 'copy',
              from: 'build',
              paths: [`/src/${web.crate.dir}/${folder}/`],
              to: `./${folder}/`,
            }),
          ),
          ...(files.files.length === 0
            ? []
            : [
                {
                  do: 'copy',
                  from: 'build',
                  paths: files.files.map((file) => `/src/${file}`),
                  to: './',
                } as const,
              ]),
          { do: 'copy', from: 'build', paths: ['/out/'], to: `${binaries}/` },
          {
            do: 'env',
            values: {
              PATH: `${binaries}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
              ...(framework === 'rocket' ? { ROCKET_ADDRESS: '0.0.0.0' } : {}),
            },
          },
        ],
      },
    ],
    ...(locked.has('libsqlite3-sys') ? { writable: ['/app'] } : {}),
    warnings: [
      ...warnings,
      ...(hasLock
        ? []
        : [
            {
              code: 'no-lock-file',
              message:
                'There is no Cargo.lock, so each build may get other versions. Commit it: this is an application.',
            },
          ]),
    ],
  };
}

/** Diesel and rusqlite link to the system's SQLite unless they bring their own. */
function sqliteNeeded(ctx: Context, web: Binary): boolean {
  if (!lockedCrates(ctx.tree).has('libsqlite3-sys') && !web.crate.dependencies.has('rusqlite')) return false;
  const manifests = ['Cargo.toml', ...(web.crate.dir === '' ? [] : [`${web.crate.dir}/Cargo.toml`])].map(
    (file) => ctx.tree.read(file) ?? '',
  );
  return (
    manifests.some((manifest) => /^(diesel|rusqlite|libsqlite3-sys)\b/m.test(manifest)) &&
    !manifests.some((manifest) => /bundled/.test(manifest))
  );
}

function packages(names: readonly string[], why: string): Step[] {
  return names.length === 0 ? [] : [apt([...new Set(names)], why)];
}

function compile(web: Binary, others: readonly Binary[], locked: boolean): Step {
  const all = [web, ...others];
  const crates = [...new Set(all.map((one) => one.crate.name))];
  const flags = [
    ...(locked ? ['--locked'] : []),
    ...crates.map((name) => `-p ${name}`),
    ...all.map((one) => `--bin ${one.name}`),
  ];
  return {
    do: 'run',
    commands: [
      // cargo compares times, and those of a commit may be older than the last build: without this a stale binary is shipped.
      "find . -name '*.rs' -exec touch {} +",
      `CARGO_TARGET_DIR=/target cargo build --release ${flags.join(' ')}`,
      ...all.map((one) => `install -D -s /target/release/${one.name} /out/${one.name}`),
    ],
    network: true,
    caches: [
      { id: 'cargo-registry', target: '/usr/local/cargo/registry' },
      { id: 'cargo-git', target: '/usr/local/cargo/git' },
      { id: `cargo-target-${web.crate.name.replace(/[^\w-]/g, '')}`, target: '/target', sharing: 'locked' },
    ],
    why: 'Dependencies stay compiled in the cache; only the own crates are compiled again (touch, as a commit may be older than the cache).',
  };
}

/** The port that is written into the code, where nothing reads a variable or a configuration. */
function fixedPort(code: readonly string[], framework: string | null): { port?: number } {
  if (
    framework === 'rocket' ||
    framework === 'loco' ||
    code.some((one) => /"[A-Z_]*(PORT|ADDR|ADDRESS|BIND)[A-Z_]*"|clap::|config::|figment/.test(one))
  )
    return {};
  const ports = new Set<number>();
  for (const one of code) {
    for (const match of one.matchAll(
      /"(?:0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\])(?::|",\s*)(\d{4,5})\b|\[\s*(?:0,\s*0,\s*0,\s*0|127,\s*0,\s*0,\s*1)\s*\],\s*(\d{4,5})\b/g,
    ))
      ports.add(Number(match[1] ?? match[2]));
  }
  const [only] = ports;
  return ports.size === 1 && only !== undefined && only < 65536 ? { port: only } : {};
}
