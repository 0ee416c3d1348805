import { type Context, nothingToRun, PlanError, type Warning } from '../buildpack.ts';
import { programOf } from '../lib/binaries.ts';
import { type Module, moduleName } from './module.ts';
import type { GoPackage } from './packages.ts';

export interface Main {
  package: GoPackage;
  /** The name of its binary. */
  name: string;
  /** Its module's folder: where `go build` runs. */
  module: Module | null;
  serves: boolean;
}

export interface Chosen {
  web: Main;
  /** Also named by the Procfile or the settings. */
  others: Main[];
  warnings: Warning[];
}

const tools =
  /^(migrat\w*|db-?migrat\w*|seed\w*|tools?|tooling|gen|generate\w*|codegen|scripts?|client|cli|ctl|[\w-]+-?ctl|[\w-]+-cli|examples?|demo|test\w*|e2e|bench\w*|hack|lint\w*|release|build|docs?|gendocs?|mage|ci|playground|debug|load-?test\w*|healthcheck|init|setup|install|import\w*|export\w*|backfill|dump|keygen|gen[\w-]+|[\w-]+-?gen)$/i;
const background =
  /^(workers?|jobs?|cron|scheduler|consumers?|processor|queue|daemon|agent|bot|relay|poller|indexer|[\w-]+-(worker|job|cron|consumer|agent|scheduler))$/i;
const front =
  /^(server|srv|web|webapp|api|http|httpd|app|main|backend|serve|site|service|gateway|rest|[\w-]+[-_]?(server|api|web|service|svc)|(api|web|http)[-_]?[\w-]+)$/i;

/** Every main package of the modules, with what its code and what it imports does. */
export function mainsOf(packages: ReadonlyMap<string, GoPackage>, modules: readonly Module[]): Main[] {
  const mains: Main[] = [];
  for (const one of packages.values()) {
    if (!one.main || one.name !== 'main') continue;
    const module = moduleOf(one.dir, modules);
    if (module === null && modules.length > 0) continue;
    const base = one.dir.split('/').at(-1) ?? '';
    const plain = one.dir === (module?.dir ?? '') || /^(cmd|src|main|app)$/.test(base);
    const fromModule = moduleName(module === null ? 'app' : module.path);
    mains.push({
      package: one,
      name: plain ? fromModule : base,
      module,
      serves: servesDeep(one, packages, modules),
    });
  }
  return mains;
}

function moduleOf(dir: string, modules: readonly Module[]): Module | null {
  return (
    modules
      .filter((one) => one.dir === '' || dir === one.dir || dir.startsWith(`${one.dir}/`))
      .sort((a, b) => b.dir.length - a.dir.length)[0] ?? null
  );
}

/** A package and those of the repository that it imports, the nearest first; read as far as one asks. */
export function* reachable(
  start: GoPackage,
  packages: ReadonlyMap<string, GoPackage>,
  modules: readonly Module[],
): Generator<GoPackage> {
  const seen = new Set([start.dir]);
  const queue = [start];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    yield next;
    for (const literal of next.literals) {
      const module = modules.find((one) => literal === one.path || literal.startsWith(`${one.path}/`));
      if (module === undefined) continue;
      const inner = literal.slice(module.path.length).replace(/^\//, '');
      const dir = [module.dir, inner].filter((part) => part !== '').join('/');
      const found = packages.get(dir);
      if (found === undefined || seen.has(dir)) continue;
      seen.add(dir);
      queue.push(found);
    }
  }
}

function servesDeep(
  start: GoPackage,
  packages: ReadonlyMap<string, GoPackage>,
  modules: readonly Module[],
): boolean {
  for (const one of reachable(start, packages, modules)) if (one.serves) return true;
  return false;
}

/** Programs that only help to develop a library: generators, scripts, what lies in `internal`. */
export function onlyTools(mains: readonly Main[]): boolean {
  const helper = (main: Main) =>
    main.package.dir
      .split('/')
      .some((part) =>
        /^(_?tools?|scripts?|hack|internal|dev|utils?|ci|misc|contrib|benchmarks?|gen|generate|generator|codegen)$/.test(
          part,
        ),
      ) ||
    /^(gen[\w-]*|[\w-]+-?gen|mkall|lint\w*|release|docs?|gendocs?)$/i.test(
      main.package.dir.split('/').at(-1) ?? '',
    );
  return (
    mains.length > 0 &&
    mains.every((main) => helper(main) && !/^(cmd|apps?|services?)\//.test(main.package.dir))
  );
}

/** Which main package is the app. `commands`: the command lines that the user gave, by process. */
export function chooseMain(
  ctx: Context,
  mains: readonly Main[],
  commands: Readonly<Record<string, string>>,
): Chosen {
  const named = namedPackage(ctx, mains);
  const byCommand = (command: string | undefined) =>
    command === undefined ? undefined : mains.find((main) => programOf(command) === main.name);
  const others = Object.entries(commands).flatMap(([process, command]) =>
    process === 'web' ? [] : [byCommand(command)].filter((main) => main !== undefined),
  );
  const web = named ?? byCommand(commands.web);
  if (web !== undefined) return { web, others: unique(others, web), warnings: [] };
  const ranked = rank(mains, ctx).filter(
    (main) => commands.web !== undefined || !others.includes(main) || mains.length === 1,
  );
  const [best, second] = ranked;
  const first = best ?? mains[0];
  if (first === undefined)
    throw nothingToRun(
      'There is no main package: this Go module is a library.',
      'Add a main package (cmd/server/main.go), or name the folder of the app with app = "…" in landfall.toml.',
      ctx.at('go.mod'),
    );
  if (best !== undefined && second !== undefined && score(best, ctx) === score(second, ctx)) {
    const even = ranked.filter((main) => score(main, ctx) === score(best, ctx));
    const list = even.map((main) => `${where(main)}`).join(', ');
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `There are several programs that may be the app: ${list}.`,
      `Choose one in landfall.toml: build = "${where(first)}"`,
      {
        file: ctx.at('go.mod'),
        candidates: even
          .slice(0, 12)
          .map((main) => ({ stack: 'go', score: 60, choose: `build = "${where(main)}"` })),
      },
    );
  }
  const rest = mains.filter((main) => main !== first);
  const warnings: Warning[] =
    rest.length === 0
      ? []
      : [
          {
            code: 'several-programs',
            message: `Of ${mains.length} programs, ${where(first)} is the app. Another one: build = "${where(rest[0] ?? first)}" in landfall.toml.`,
          },
        ];
  return { web: first, others: unique(others, first), warnings };
}

function unique(mains: readonly Main[], but: Main): Main[] {
  return [...new Set(mains)].filter((main) => main !== but);
}

/** `build = "./cmd/api"` or a whole `go build … ./cmd/api`. */
function namedPackage(ctx: Context, mains: readonly Main[]): Main | undefined {
  const build = ctx.settings.build;
  if (build === null) return undefined;
  const word =
    build
      .trim()
      .split(/\s+/)
      .at(-1)
      ?.replace(/^\.\//, '')
      .replace(/\/(?:main\.go)?$/, '') ?? '';
  return mains.find((main) => main.package.dir === word || (word === '.' && main.package.dir === ''));
}

function score(main: Main, ctx: Context): number {
  const base = main.package.dir.split('/').at(-1) ?? '';
  const module = main.module === null ? '' : moduleName(main.module.path);
  const root = main.package.dir === '' || main.package.dir === ctx.tree.root;
  const parts = main.package.dir.split('/');
  return (
    (main.serves ? 8 : 0) +
    (tools.test(base) || parts.some((part) => /^(tools?|scripts?|hack|internal|dev)$/.test(part)) ? -12 : 0) +
    (background.test(base) ? -6 : 0) +
    (root ? 5 : 0) +
    (main.name === module && !root ? 4 : 0) +
    (front.test(base) ? 2 : 0)
  );
}

function rank(mains: readonly Main[], ctx: Context): Main[] {
  return [...mains].sort((a, b) => score(b, ctx) - score(a, ctx) || (a.package.dir < b.package.dir ? -1 : 1));
}

export function where(main: Main): string {
  return main.package.dir === '' ? '.' : `./${main.package.dir}`;
}
