import {
  type Context,
  type Detection,
  evidence,
  invalid,
  nothingToRun,
  type StackPlan,
  weight,
} from '../buildpack.ts';
import { jsImports, jsTokens, packageOf } from '../lib/js.ts';
import { appOf } from './app.ts';
import { entryFile, runFile } from './entry.ts';
import { managerOf } from './manager.ts';
import { emptyPackage } from './package.ts';
import { serverPlan } from './stages.ts';
import { nodeVersion } from './version.ts';

/** A server.js without package.json. */
export function bareFile(ctx: Context): Detection | null {
  const entry = entryFile(ctx, null);
  if (entry === null || !entry.serves) return null;
  return {
    role: 'server',
    evidence: [evidence(entry.file, 'entry', 'listens', weight.entry + weight.sources)],
  };
}

/** Modules of Node itself. */
const builtin =
  /^(?:assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|diagnostics_channel|dns|domain|events|fs|http|http2|https|inspector|module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream|string_decoder|sys|timers|tls|trace_events|tty|url|util|v8|vm|wasi|worker_threads|zlib)$/;

/** Its plan: nothing is installed, so it may use only what Node itself has. */
export function planBareFile(ctx: Context): StackPlan {
  const entry = entryFile(ctx, null);
  if (entry === null)
    throw nothingToRun(
      'There is no package.json, and no server.js or index.js that listens.',
      'Add a package.json with a start script: npm init',
    );
  const missing = [...jsImports(jsTokens(ctx.tree.read(entry.file) ?? ''))]
    .flatMap((name) => packageOf(name) ?? [])
    .filter((name) => !builtin.test(name));
  if (missing.length > 0) {
    throw invalid(
      'package.json',
      null,
      `${entry.file} needs ${missing.join(', ')}, but there is no package.json that asks for it.`,
      `Write one: npm init -y && npm install ${missing.join(' ')}, then commit package.json and package-lock.json.`,
    );
  }
  const pkg = emptyPackage;
  const { version, warnings } = nodeVersion(ctx, []);
  const manager = managerOf(ctx.tree, null, ctx.settings.packageManager);
  const app = appOf(ctx, pkg, ctx.settings.start ?? ctx.procfile.web ?? runFile(ctx, pkg, entry.file).start);
  if (app.kind !== 'server')
    throw nothingToRun(`${entry.file} does not serve.`, 'Add a start script to package.json.');
  const made = serverPlan({ ctx, pkg, manager, workspace: null, version }, app);
  return { ...made, packageManager: null, warnings: [...warnings, ...made.warnings] };
}
