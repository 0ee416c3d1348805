import {
  type Buildpack,
  type Context,
  evidence,
  nothingToRun,
  type StackPlan,
  type Stage,
  type Step,
  type Warning,
  weight,
} from '../buildpack.ts';
import { apt, certificates } from '../lib/apt.ts';
import { binaries, givenCommands, placed } from '../lib/binaries.ts';
import { images } from '../lib/images.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { languages, resolveVersion, type VersionRequest } from '../lib/versions.ts';
import { type Chosen, chooseMain, type Main, mainsOf, where } from './choose.ts';
import { runtimeFiles, webAssets } from './files.ts';
import { type Module, readModule, workspace } from './module.ts';
import { type GoPackage, readPackages } from './packages.ts';

const frameworks: readonly [RegExp, string][] = [
  [/^github\.com\/gin-gonic\/gin$/, 'gin'],
  [/^github\.com\/labstack\/echo(\/v\d+)?$/, 'echo'],
  [/^github\.com\/gofiber\/fiber(\/v\d+)?$/, 'fiber'],
  [/^github\.com\/go-chi\/chi(\/v\d+)?$/, 'chi'],
  [/^github\.com\/pocketbase\/pocketbase$/, 'pocketbase'],
  [/^github\.com\/(beego\/beego|astaxie\/beego)(\/v\d+)?$/, 'beego'],
  [/^github\.com\/revel\/revel$/, 'revel'],
  [/^github\.com\/gobuffalo\/buffalo$/, 'buffalo'],
  [/^github\.com\/kataras\/iris(\/v\d+)?$/, 'iris'],
  [/^github\.com\/gorilla\/mux$/, 'gorilla'],
  [/^github\.com\/julienschmidt\/httprouter$/, 'httprouter'],
  [/^github\.com\/valyala\/fasthttp$/, 'fasthttp'],
  [/^github\.com\/go-martini\/martini$/, 'martini'],
  [/^github\.com\/danielgtaylor\/huma(\/v\d+)?$/, 'huma'],
  [/^github\.com\/go-kratos\/kratos(\/v\d+)?$/, 'kratos'],
  [/^google\.golang\.org\/grpc$/, 'grpc'],
];

/** Modules that need C, and the Debian packages that they need to build and to run. */
const needC: readonly [RegExp, string[], string[]][] = [
  [/^github\.com\/mattn\/go-sqlite3$/, [], []],
  [/^github\.com\/confluentinc\/confluent-kafka-go(\/v\d+)?$/, [], []],
  [
    /^github\.com\/(h2non\/bimg|davidbyttow\/govips\/v2|davidbyttow\/govips|cshum\/vipsgen)$/,
    ['libvips-dev'],
    ['libvips42t64'],
  ],
  [/^gopkg\.in\/gographics\/imagick\.v3$/, ['libmagickwand-dev'], ['libmagickwand-7.q16-10']],
  [/^github\.com\/(mutecomm|xeodou)\/go-sqlcipher(\/v\d+)?$/, [], []],
  [/^github\.com\/marcboeker\/go-duckdb(\/v\d+)?$/, [], []],
  [/^github\.com\/duckdb\/duckdb-go(\/v\d+)?$/, [], []],
  [/^github\.com\/tursodatabase\/go-libsql$/, [], []],
  [
    /^github\.com\/(chai2010\/webp|kolesa-team\/go-webp|linxGnu\/grocksdb|otiai10\/gosseract(\/v\d+)?)$/,
    [],
    [],
  ],
  [/^github\.com\/godror\/godror$/, [], []],
  [/^rogchap\.com\/v8go$/, [], []],
];

/** Go: a static binary on an empty image; with C on Debian. */
export const go: Buildpack = {
  stack: 'go',

  detect(ctx) {
    const module = readModule(ctx.tree);
    const work = ctx.tree.has('go.work');
    const sources = ctx.tree.withExtension('.go');
    const rootSource = sources.find((path) => !path.includes('/'));
    const legacy = ctx.tree.first('Gopkg.toml', 'glide.yaml', 'vendor/vendor.json', 'Godeps/Godeps.json');
    if (module === null && !work && rootSource === undefined && legacy === null) return null;
    const manifest = module !== null ? 'go.mod' : work ? 'go.work' : legacy;
    // Hugo's modules and Terraform's tools have a go.mod as well, and nothing to compile.
    if (sources.length === 0)
      return {
        role: 'tools',
        evidence: [evidence(manifest ?? 'go.mod', 'manifest', 'without Go sources', weight.hint)],
      };
    const reasons = manifest === null ? [] : [evidence(manifest, 'manifest', 'Go module', weight.manifest)];
    const { mains, modules } = survey(ctx);
    const framework = frameworkOf(modules);
    const best = mains.find((main) => main.serves) ?? mains[0];
    if (best !== undefined)
      reasons.push(evidence(best.package.files[0] ?? '', 'package main', where(best), weight.entry));
    else
      reasons.push(
        evidence(sources[0] ?? '', 'sources', `${sources.length} of Go, no package main`, weight.sources),
      );
    if (framework !== null && best !== undefined)
      reasons.push(evidence('go.mod', 'require', framework, weight.framework));
    else if (best?.serves === true)
      reasons.push(evidence(best.package.files[0] ?? '', 'serves', 'net/http', weight.framework));
    return { role: 'server', evidence: reasons };
  },

  plan(ctx) {
    const { modules, packages, mains, work } = survey(ctx);
    const { version, warnings } = goVersion(ctx, modules, work);
    const commands = givenCommands(ctx);
    if (mains.length === 0) {
      throw nothingToRun(
        'There is no main package: this Go module is a library.',
        'Add a main package (for example cmd/server/main.go), or name the folder of the app with app = "…" in landfall.toml.',
        ctx.at('go.mod'),
      );
    }
    const chosen = chooseMain(ctx, mains, commands);
    return image(ctx, {
      chosen,
      modules,
      packages,
      version,
      warnings: [...warnings, ...chosen.warnings],
      commands,
    });
  },
};

interface Survey {
  modules: Module[];
  packages: Map<string, GoPackage>;
  mains: Main[];
  work: ReturnType<typeof workspace>;
}

const surveys = new WeakMap<Context['tree'], Survey>();

/** What the tree holds, read once for detection and plan. */
function survey(ctx: Context): Survey {
  const known = surveys.get(ctx.tree);
  if (known !== undefined) return known;
  const work = workspace(ctx.tree);
  const dirs = work === null || work.dirs.length === 0 ? [''] : work.dirs;
  const modules = dirs.map((dir) => readModule(ctx.tree, dir)).filter((one) => one !== null);
  const packages = readPackages(ctx.tree);
  // A folder with a go.mod of its own belongs to another module, which may be tools or examples.
  const nested = ctx.tree.all
    .filter((path) => path.endsWith('/go.mod'))
    .map((path) => path.slice(0, -'/go.mod'.length));
  const inner = nested.filter((dir) => !modules.some((module) => module.dir === dir));
  for (const dir of [...packages.keys()])
    if (inner.some((one) => dir === one || dir.startsWith(`${one}/`))) packages.delete(dir);
  const found = { modules, packages, mains: mainsOf(packages, modules), work };
  surveys.set(ctx.tree, found);
  return found;
}

function frameworkOf(modules: readonly Module[]): string | null {
  const direct = new Set(
    modules.flatMap((module) =>
      [...module.requires].filter(([, one]) => !one.indirect).map(([path]) => path),
    ),
  );
  return frameworks.find(([pattern]) => [...direct].some((path) => pattern.test(path)))?.[1] ?? null;
}

function goVersion(ctx: Context, modules: readonly Module[], work: Survey['work']) {
  const toolchain = (value: string | null | undefined, source: string): VersionRequest | null =>
    value === null || value === undefined || !/^go\d+\.\d+/.test(value)
      ? null
      : { value: value.replace(/^go/, '').replace(/-.*$/, ''), source };
  const minimum = (value: string | null | undefined, source: string): VersionRequest | null =>
    value === null || value === undefined
      ? null
      : { value: value.replace(/(rc|beta)\d+$/, ''), source, minimum: true };
  const trees = ctx.dir === '' ? [ctx.tree] : [ctx.tree, ctx.repo];
  return resolveVersion(languages.go, [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    ...trees.flatMap((tree) => [versionFile(tree, '.go-version'), toolVersion(tree, 'golang', 'go')]),
    toolchain(work?.toolchain, 'go.work toolchain'),
    ...modules.map((module) => toolchain(module.toolchain, 'go.mod toolchain')),
    minimum(work?.go, 'go.work go'),
    ...modules.map((module) => minimum(module.go, 'go.mod go')),
  ]);
}

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

interface Made {
  chosen: Chosen;
  modules: readonly Module[];
  packages: Map<string, GoPackage>;
  version: StackPlan['version'];
  warnings: Warning[];
  commands: Readonly<Record<string, string>>;
}

function image(ctx: Context, { chosen, modules, packages, version, warnings, commands }: Made): StackPlan {
  const { web, others } = chosen;
  const requires = new Set(modules.flatMap((module) => [...module.requires.keys()]));
  const libraries = needC.filter(([pattern]) => [...requires].some((path) => pattern.test(path)));
  const own = [...packages.values()].find((one) => one.cgo);
  const cgo = libraries.length > 0 || own !== undefined;
  // The empty image has no shell: other processes and command lines with signs need one.
  const plain = (command: string) => /^[\w@%+:,./= -]+$/.test(command) && !/^\w+=/.test(command);
  const shell =
    cgo || Object.entries(commands).some(([process, command]) => process !== 'web' || !plain(command));
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
  const served = frameworkOf(modules);
  return {
    framework: served ?? (web.serves ? 'net/http' : null),
    packageManager: 'go',
    version,
    static: false,
    start:
      commands.web === undefined ? `${binaries}/${web.name}` : placed(ctx, commands.web, names, web.name),
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
