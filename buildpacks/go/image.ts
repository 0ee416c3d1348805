import type { Context, StackPlan, Stage, Step, Warning } from '../buildpack.ts';
import { apt, certificates } from '../lib/apt.ts';
import { binaries, placed } from '../lib/binaries.ts';
import { images } from '../lib/images.ts';
import { languages } from '../lib/versions.ts';
import { type Chosen, type Main, reachable, where } from './choose.ts';
import { runtimeFiles, webAssets } from './files.ts';
import { commandOf, frameworkOf, needC } from './libraries.ts';
import type { Module } from './module.ts';
import type { GoPackage } from './packages.ts';

/** The port that is written into the code, where nothing reads PORT. */
function fixedPort(packages: ReadonlyMap<string, GoPackage>): { port?: number } {
  const ports = new Set<number>();
  for (const one of packages.values()) {
    for (const literal of one.literals) {
      if (/port\b|addr/i.test(literal) && !literal.includes('/')) return {};
      const port = /^(?:0\.0\.0\.0|localhost|127\.0\.0\.1)?:(\d{4,5})$/.exec(literal)?.[1];
      if (port !== undefined && one.serves) ports.add(Number(port));
    }
  }
  const [only] = ports;
  return ports.size === 1 && only !== undefined && only < 65536 ? { port: only } : {};
}

export interface Made {
  chosen: Chosen;
  modules: readonly Module[];
  packages: Map<string, GoPackage>;
  version: StackPlan['version'];
  warnings: Warning[];
  commands: Readonly<Record<string, string>>;
}

/** The image of the chosen program: its build, and what it needs to run. */
export function image(
  ctx: Context,
  { chosen, modules, packages: all, version, warnings, commands }: Made,
): StackPlan {
  const { web, others } = chosen;
  // Only what the programs import says something about them.
  const packages = new Map(
    [web, ...others].flatMap((main) =>
      [...reachable(main.package, all, modules)].map((one) => [one.dir, one] as const),
    ),
  );
  const requires = new Set(modules.flatMap((module) => [...module.requires.keys()]));
  const libraries = needC.filter(([pattern]) => [...requires].some((path) => pattern.test(path)));
  const own = [...packages.values()].find((one) => one.cgo);
  const cgo = libraries.length > 0 || own !== undefined;
  const served = frameworkOf([...packages.values()].flatMap((one) => [...one.literals]));
  // The empty image has no shell: other processes and command lines with signs need one.
  const plain = (command: string) => /^[\w@%+:,./= -]+$/.test(command) && !/^\w+=/.test(command);
  const shell =
    cgo ||
    commandOf(served) !== '' ||
    Object.entries(commands).some(([process, command]) => process !== 'web' || !plain(command));
  const web$ = webAssets(ctx, packages.values());
  const files = runtimeFiles(ctx, packages.values());
  const sqlite = [...requires].some((path) => /sqlite|bbolt|badger|pocketbase|libsql|duckdb/.test(path));
  const vendored = ctx.tree.has('vendor/modules.txt');
  const tidy = modules.length === 0;
  const build: Stage = {
    name: 'build',
    from: images.goBuild(version?.value ?? languages.go.preferred),
    why: cgo ? 'Compiles with a C compiler: a module needs it.' : 'Compiles a static binary.',
    steps: [
      { do: 'workdir', path: '/src' },
      {
        do: 'env',
        values: { CGO_ENABLED: cgo ? '1' : '0', GOTOOLCHAIN: 'auto', GOFLAGS: '-buildvcs=false' },
      },
      ...systemPackages(
        libraries.flatMap(([, packages]) => packages),
        'Libraries that the C parts are built with.',
      ),
      ...(vendored || tidy ? [] : download(ctx, modules)),
      { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
      ...(web$ === null ? [] : [web$.copy]),
      compile(ctx, [web, ...others], { scratch: !shell, tidy, vendored, modules }),
    ],
  };
  const runtime: Stage = {
    name: 'runtime',
    from: shell ? images.debian() : 'scratch',
    why: shell
      ? cgo
        ? 'Debian, for the C library.'
        : 'Debian, for the shell that the command lines need.'
      : 'The binary, the authorities and time zones, nothing else.',
    steps: [
      ...(shell
        ? systemPackages(
            libraries.flatMap(([, , packages]) => packages),
            'Libraries that the C parts need to run.',
          )
        : []),
      certificates('build'),
      { do: 'workdir', path: '/app' },
      ...files.folders.map(
        (folder): Step => ({ do: 'copy', from: 'build', paths: [`/src/${folder}/`], to: `./${folder}/` }),
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
      { do: 'copy', from: 'build', paths: ['/out/'], to: '/', owned: sqlite },
      {
        do: 'env',
        values: {
          PATH: '/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          ...(requires.has('github.com/gin-gonic/gin') ? { GIN_MODE: 'release' } : {}),
        },
      },
    ],
  };
  const names = [web, ...others].map((main) => main.name);
  return {
    framework: served ?? (web.serves ? 'net/http' : null),
    packageManager: 'go',
    version,
    static: false,
    start:
      commands.web === undefined
        ? `${binaries}/${web.name}${commandOf(served)}`
        : placed(ctx, commands.web, names, web.name),
    rewrite: (command) => placed(ctx, command, names, web.name),
    ...fixedPort(packages),
    stages: [...(web$ === null ? [] : [web$.stage]), build, runtime],
    ...(shell ? {} : { shellless: true }),
    ...(sqlite && shell ? { writable: ['/app'] } : {}),
    ...(vendored ? { ignore: ['!vendor'] } : {}),
    warnings: [
      ...warnings,
      ...(web$?.warnings ?? []),
      ...(modules.some(
        (module) =>
          module.requires.size > 0 && !ctx.tree.has(module.dir === '' ? 'go.sum' : `${module.dir}/go.sum`),
      ) && !vendored
        ? [
            {
              code: 'no-lock-file',
              message:
                'There is no go.sum, so what is downloaded is not checked. Run go mod tidy and commit it.',
            },
          ]
        : []),
    ],
  };
}

function systemPackages(packages: readonly string[], why: string): Step[] {
  return packages.length === 0 ? [] : [apt([...new Set(packages)], why)];
}

const caches = [
  { id: 'gomod', target: '/root/go/pkg/mod' },
  { id: 'gobuild', target: '/root/.cache/go-build' },
] as const;

/** Modules before sources: a change of code downloads nothing. */
function download(ctx: Context, modules: readonly Module[]): Step[] {
  const dirs = [
    ...new Set([...modules.map((module) => module.dir), ...modules.flatMap((module) => module.replaced)]),
  ].sort();
  const copies = dirs.flatMap((dir): Step[] => {
    const names = ['go.mod', 'go.sum', ...(dir === '' ? ['go.work', 'go.work.sum'] : [])]
      .map((name) => (dir === '' ? name : `${dir}/${name}`))
      .filter((path) => ctx.tree.has(path));
    return names.length === 0
      ? []
      : [{ do: 'copy', paths: names.map((path) => ctx.at(path)), to: dir === '' ? './' : `./${dir}/` }];
  });
  const work =
    !dirs.includes('') && ctx.tree.has('go.work')
      ? [
          {
            do: 'copy',
            paths: ['go.work', 'go.work.sum']
              .filter((path) => ctx.tree.has(path))
              .map((path) => ctx.at(path)),
            to: './',
          } as const,
        ]
      : [];
  return [
    ...work,
    ...copies,
    {
      do: 'run',
      commands: ['go mod download'],
      network: true,
      caches,
      why: 'Again only when a go.mod or go.sum changes.',
    },
  ];
}

function compile(
  ctx: Context,
  mains: readonly Main[],
  how: { scratch: boolean; tidy: boolean; vendored: boolean; modules: readonly Module[] },
): Step {
  const tags = how.scratch ? ' -tags timetzdata' : '';
  const unlocked =
    how.modules.some(
      (module) =>
        module.requires.size > 0 && !ctx.tree.has(module.dir === '' ? 'go.sum' : `${module.dir}/go.sum`),
    ) && !how.vendored;
  const templ = how.modules.find((module) => module.requires.has('github.com/a-h/templ'));
  const untempled =
    ctx.tree.withExtension('.templ').length > 0 && !ctx.tree.files.some((path) => path.endsWith('_templ.go'));
  return {
    do: 'run',
    commands: [
      ...(how.tidy ? ['if [ ! -f go.mod ]; then go mod init app; fi', 'go mod tidy'] : []),
      ...(templ !== undefined && untempled
        ? [
            `go run github.com/a-h/templ/cmd/templ@${templ.requires.get('github.com/a-h/templ')?.version ?? 'latest'} generate`,
          ]
        : []),
      ...mains.map(
        (main) =>
          `go build -trimpath${unlocked ? ' -mod=mod' : ''}${tags} -ldflags='-s -w' -o /out/app/bin/${main.name} ${where(main)}`,
      ),
      'mkdir -p -m 1777 /out/tmp',
    ],
    network: true,
    caches,
  };
}
