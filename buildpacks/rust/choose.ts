import { type Context, nothingToRun, PlanError, type Warning } from '../buildpack.ts';
import { givenCommands, programOf } from '../lib/binaries.ts';
import type { Binary, Cargo, Crate } from './cargo.ts';

const frameworks: readonly [RegExp, string][] = [
  [/^loco-rs$/, 'loco'],
  [/^rocket$/, 'rocket'],
  [/^actix-web$/, 'actix-web'],
  [/^poem(-openapi)?$/, 'poem'],
  [/^salvo$/, 'salvo'],
  [/^leptos_(axum|actix)$/, 'leptos'],
  [/^axum(-server)?$/, 'axum'],
  [/^warp$/, 'warp'],
  [/^tide$/, 'tide'],
  [/^gotham$/, 'gotham'],
  [/^ntex$/, 'ntex'],
  [/^thruster$/, 'thruster'],
  [/^(nickel|iron|rouille|tiny_http)$/, '$&'],
  [/^tonic$/, 'tonic'],
  [/^hyper$/, 'hyper'],
];

/** The library that serves, of the crate that has the binary. */
export function frameworkOf(crate: Crate): string | null {
  for (const [pattern, name] of frameworks) {
    for (const dependency of crate.dependencies)
      if (pattern.test(dependency)) return dependency.replace(pattern, name);
  }
  return null;
}

const serving =
  /axum::serve|axum_server::|HttpServer::new|rocket::(?:build|ignite|custom)|#\[(?:rocket::)?launch\]|#\[(?:rocket|actix_web|ntex)::main\]|warp::serve|Server::(?:new|bind|builder|http)|(?:TcpListener|UdpSocket|UnixListener)::bind|tide::(?:new|with_state)|\.serve\(|tiny_http::|rouille::start_server|gotham::start/;

/** Whether the code of a binary opens a server: its own file, or the modules beside a main.rs. */
export function serves(ctx: Context, binary: Binary): boolean {
  const own = ctx.tree.read(binary.file) ?? '';
  if (serving.test(own)) return true;
  if (frameworkOf(binary.crate) === null && !binary.crate.dependencies.has('tokio')) return false;
  const prefix = binary.crate.dir === '' ? 'src/' : `${binary.crate.dir}/src/`;
  const shared = ctx.tree
    .withExtension('.rs')
    .filter((path) => path.startsWith(prefix) && !path.startsWith(`${prefix}bin/`) && path !== binary.file)
    .slice(0, 200);
  const local =
    binary.file.endsWith('/main.rs') ||
    new RegExp(`\\b${binary.crate.name.replaceAll('-', '_')}::`).test(own);
  return local && shared.some((path) => serving.test(ctx.tree.read(path) ?? ''));
}

const tools =
  /^(migrat\w*|migrations?|seed\w*|xtask|tools?|gen\w*|codegen|cli|client|ctl|[\w-]+[-_](cli|client|ctl)|test[\w-]*|bench[\w-]*|examples?|playground|scripts?|loadtest|import\w*|export\w*|setup|init|dump|print[\w-]*|openapi)$/i;
const background =
  /^(workers?|jobs?|cron|scheduler|consumers?|[\w-]+[-_](worker|job|consumer|agent)|agent|bot|indexer)$/i;
const front =
  /^(server|web|api|app|main|http|backend|serve|service|gateway|[\w-]+[-_](server|api|web|service|backend)|(api|web|server)[-_][\w-]+)$/i;

export interface Chosen {
  web: Binary;
  others: Binary[];
  warnings: Warning[];
}

/** Which binary is the app, and which other ones the Procfile starts. */
export function chooseBinary(ctx: Context, cargo: Cargo): Chosen {
  const all = cargo.crates.flatMap((crate) => crate.binaries);
  const pool = candidates(cargo);
  const commands = givenCommands(ctx);
  const byCommand = (command: string | undefined) =>
    command === undefined
      ? undefined
      : (all.find((one) => one.name === programOf(command)) ??
        all.find((one) =>
          new RegExp(`^(?:.*\\s)?cargo run\\b.*(?:--bin|-p|--package)[ =]${one.name}(?:\\s|$)`).test(command),
        ));
  const others = Object.entries(commands).flatMap(([process, command]) =>
    process === 'web' ? [] : [byCommand(command)].filter((one) => one !== undefined),
  );
  const but = (web: Binary) => [...new Set(others)].filter((one) => one !== web);
  const named = byName(ctx, all) ?? byCommand(commands.web);
  if (named !== undefined) return { web: named, others: but(named), warnings: [] };
  const score = (one: Binary) =>
    (one.crate.defaultRun === one.name ? 20 : 0) +
    (serves(ctx, one) ? 8 : 0) +
    (tools.test(one.name) ? -12 : 0) +
    (background.test(one.name) ? -6 : 0) +
    (one.crate === cargo.root ? 3 : 0) +
    (one.name === one.crate.name && one.crate.binaries.length > 1 ? 5 : 0) +
    (front.test(one.name) ? 2 : 0);
  const ranked = pool
    .filter((one) => pool.length === 1 || commands.web !== undefined || !others.includes(one))
    .sort((a, b) => score(b) - score(a) || (a.name < b.name ? -1 : 1));
  const [best, second] = ranked;
  if (best === undefined) {
    throw nothingToRun(
      'There is no binary (src/main.rs, src/bin or [[bin]]): this crate is a library.',
      'Add a binary, or name the folder of the app with app = "…" in landfall.toml.',
      ctx.at('Cargo.toml'),
    );
  }
  if (second !== undefined && score(best) === score(second)) {
    const even = ranked.filter((one) => score(one) === score(best));
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `There are several binaries that may be the app: ${even.map((one) => one.name).join(', ')}.`,
      `Choose one in landfall.toml: build = "${line(best)}"`,
      {
        file: ctx.at('Cargo.toml'),
        candidates: even
          .slice(0, 12)
          .map((one) => ({ stack: 'rust', score: 60, choose: `build = "${line(one)}"` })),
      },
    );
  }
  const warnings =
    pool.length === 1
      ? []
      : [
          {
            code: 'several-programs',
            message: `Of ${pool.length} binaries, ${best.name} is the app. Another one: build = "${line(second ?? best)}" in landfall.toml.`,
          },
        ];
  return { web: best, others: but(best), warnings };
}

/** The binaries that `cargo run` would take: the root's own, then default-members, then all members. */
export function candidates(cargo: Cargo): Binary[] {
  const { root, defaults, crates } = cargo;
  if (defaults !== null) {
    const chosen = crates.filter((crate) => defaults.includes(crate.dir)).flatMap((crate) => crate.binaries);
    if (chosen.length > 0) return chosen;
  }
  if (root !== null && root.binaries.length > 0) return root.binaries;
  return crates.flatMap((crate) => crate.binaries);
}

function line(binary: Binary): string {
  return `cargo build --release${binary.crate.dir === '' ? '' : ` -p ${binary.crate.name}`} --bin ${binary.name}`;
}

/** `build = "cargo build --release -p api --bin server"`, or only the name. */
function byName(ctx: Context, all: readonly Binary[]): Binary | undefined {
  const build = ctx.settings.build;
  if (build === null) return undefined;
  const option = (pattern: RegExp) => pattern.exec(build)?.[1];
  const crate = option(/(?:-p|--package)[ =](\S+)/);
  const bin = option(/--bin[ =](\S+)/) ?? (/^[\w-]+$/.test(build) ? build : undefined);
  const inside = all.filter((one) => crate === undefined || one.crate.name === crate);
  return bin === undefined
    ? crate === undefined
      ? undefined
      : inside[0]
    : (inside.find((one) => one.name === bin) ?? inside.find((one) => one.crate.name === bin));
}
