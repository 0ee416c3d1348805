import {
  type Buildpack,
  type Context,
  evidence,
  nothingToRun,
  PlanError,
  type Warning,
  weight,
} from '../buildpack.ts';
import { givenCommands } from '../lib/binaries.ts';
import { type Build, readBuild } from './build.ts';
import type { Bootable } from './model.ts';
import { sourcesOf } from './sources.ts';
import { adapted, javaStages, startOf } from './stages.ts';
import { javaVersion } from './version.ts';

/** Java, Kotlin and Scala: Maven, Gradle or sbt build the module that starts; a Java runtime runs it. */
export const java: Buildpack = {
  stack: 'java',

  detect(ctx) {
    const build = readBuild(ctx);
    if (build === null) {
      const source = ['.java', '.kt']
        .map((extension) => sourcesOf(ctx.tree, extension)[0])
        .find((path) => path !== undefined);
      return source === undefined
        ? null
        : {
            role: 'server',
            evidence: [evidence(source, 'sources', 'Java or Kotlin without a build', weight.sources)],
          };
    }
    const reasons =
      build.tool === 'none'
        ? [evidence(build.manifest, 'sources', 'Java', weight.sources)]
        : [evidence(build.manifest, 'manifest', build.tool, weight.manifest)];
    const best = build.bootables.find((one) => one.serves) ?? build.bootables[0];
    // A library or an Android app is still of this language: planning says what is missing.
    if (best === undefined)
      return {
        role: 'server',
        evidence: [...reasons, evidence(build.manifest, 'modules', 'none that starts', weight.sources)],
      };
    reasons.push(evidence(best.because[0], best.because[1], best.because[2], weight.entry));
    if (best.framework !== null)
      reasons.push(evidence(best.because[0], 'framework', best.framework, weight.framework));
    return { role: 'server', evidence: reasons };
  },

  plan(ctx) {
    const build = readBuild(ctx);
    if (build === null)
      throw nothingToRun(
        'There is Java here, but no build file and no main method.',
        'Add pom.xml or build.gradle, or a Dockerfile.',
      );
    if (build.tool === 'ant')
      throw nothingToRun(
        'This is an Ant project (build.xml); Landfall builds Maven, Gradle and sbt.',
        'Add a Dockerfile.',
        ctx.at('build.xml'),
      );
    const app = choose(ctx, build);
    const commands = givenCommands(ctx);
    const own = [...build.versions].sort((a, b) => rank(a.source, app) - rank(b.source, app));
    const { version, warnings } = javaVersion(ctx, own, build.tool === 'gradle' ? build.version : null);
    const given = commands.web === undefined ? null : adapted(commands.web, app);
    const whole = Object.values(commands).some((command) => adapted(command, app) === null);
    return {
      framework: app.framework,
      packageManager: build.tool === 'none' ? null : build.tool,
      version,
      static: false,
      start: given ?? commands.web ?? startOf(app),
      rewrite: (command) => adapted(command, app) ?? command,
      stages: javaStages(ctx, build, app, version.value, whole),
      warnings: [...warnings, ...notes(build, app)],
    };
  },
};

/** The module's own word comes first, then its parents'. */
function rank(source: string, app: Bootable): number {
  const file = source.split(' ')[0] ?? '';
  const dir = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
  return dir === app.dir ? 0 : dir === '' ? 1 : 2;
}

function notes(build: Build, app: Bootable): Warning[] {
  const found: Warning[] = [];
  if (build.bootables.length > 1)
    found.push({
      code: 'several-programs',
      message: `Of ${build.bootables.length} modules that start, ${app.dir === '' ? 'the root' : app.dir} is the app.`,
    });
  if (build.tool === 'gradle' && !build.wrapper)
    found.push({
      code: 'no-gradle-wrapper',
      message:
        'There is no usable Gradle wrapper (gradlew and gradle/wrapper/gradle-wrapper.jar), so an image with Gradle builds it. Commit the wrapper to fix its version.',
    });
  return found;
}

const front =
  /(^|[-_/])(web|webapp|server|api|app|application|backend|service|main|boot|bootstrap|start|launcher|rest|http|gateway)([-_]|$)/i;
const aside =
  /(^|[-_/])(samples?|examples?|demos?|tests?|benchmarks?|tools?|cli|client|it|integration-tests?|docs?|migrations?|batch|worker|jobs?|codegen|generator)([-_]|$)/i;

function choose(ctx: Context, build: Build): Bootable {
  const where = ctx.at(build.manifest);
  if (build.android && build.bootables.length === 0)
    throw nothingToRun(
      'This is an Android app: it runs on phones, not on a server.',
      'To deploy its server side, name its folder with app = "…" in landfall.toml.',
      where,
    );
  if (build.bootables.length === 0) {
    throw nothingToRun(
      build.tool === 'none'
        ? 'There are several classes with a main method, and nothing says which to start.'
        : `No module of this ${build.tool === 'maven' ? 'Maven' : build.tool === 'gradle' ? 'Gradle' : 'sbt'} project starts: there is no main class, no war and no plugin that makes a runnable jar. It is a library.`,
      'Add a main class and a plugin that packs it (spring-boot, shade, application …), or name the folder of the app with app = "…" in landfall.toml.',
      where,
    );
  }
  const web = ctx.procfile.web ?? ctx.settings.start ?? '';
  const named = build.bootables.filter(
    (one) =>
      one.dir !== '' &&
      new RegExp(`(?:^|[\\s/])${one.dir.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}/(?:target|build)/`).test(web),
  );
  const pool = named.length === 1 ? named : build.bootables;
  const score = (one: Bootable) =>
    (one.serves ? 8 : 0) +
    (one.artifact.kind === 'classes' ? -3 : 0) +
    (aside.test(one.dir) ? -8 : 0) +
    (one.dir === '' ? 3 : 0) +
    (one.dir !== '' && front.test(one.dir) ? 2 : 0);
  const ranked = [...pool].sort((a, b) => score(b) - score(a) || (a.dir < b.dir ? -1 : 1));
  const [best, second] = ranked;
  if (best === undefined) throw nothingToRun('Nothing starts.', 'Add a main class.', where);
  if (second !== undefined && score(best) === score(second)) {
    const even = ranked.filter((one) => score(one) === score(best));
    const at = (one: Bootable) => [build.tree.root, one.dir].filter((part) => part !== '').join('/');
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `Several modules are apps: ${even.map((one) => `${one.dir}/`).join(', ')}.`,
      `Choose one in landfall.toml: app = "${at(best)}"`,
      {
        file: where,
        candidates: even
          .slice(0, 12)
          .map((one) => ({ stack: 'java', score: 60, choose: `app = "${at(one)}"` })),
      },
    );
  }
  return best;
}
