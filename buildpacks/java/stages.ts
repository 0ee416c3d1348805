import type { CacheMount, Context, Stage, Step } from '../buildpack.ts';
import { images } from '../lib/images.ts';
import type { Build } from './build.ts';
import type { Bootable } from './model.ts';

const caches: Record<Build['tool'], readonly CacheMount[]> = {
  maven: [{ id: 'maven', target: '/root/.m2' }],
  gradle: [{ id: 'gradle', target: '/root/.gradle', sharing: 'locked' }],
  sbt: [
    { id: 'coursier', target: '/root/.cache/coursier' },
    { id: 'sbt', target: '/root/.sbt', sharing: 'locked' },
    { id: 'maven', target: '/root/.m2' },
  ],
  ant: [],
  none: [],
};

/** The jars that a build leaves, but those without the classes of the app; the largest holds the most. */
const largest = (folder: string, extension = 'jar') =>
  `"$(ls -S ${folder}*.${extension} | grep -Ev '/original-|-(sources|javadoc|tests?|plain)\\.jar$' | head -n 1)"`;

const runners = {
  javax: { artifact: 'com.heroku:webapp-runner:9.0.89.0', name: 'webapp-runner' },
  jakarta: { artifact: 'org.eclipse.jetty:jetty-runner:11.0.18', name: 'jetty-runner' },
};

/** The stages of a module: its build, with what starts gathered in /out, and a runtime with that and nothing else. */
export function javaStages(
  ctx: Context,
  build: Build,
  app: Bootable,
  version: string,
  whole: boolean,
): Stage[] {
  const place = app.dir === '' ? '' : `${app.dir}/`;
  const root = build.tree.root;
  const gradleOwn = build.tool === 'gradle' && !build.wrapper;
  const command = ctx.settings.build ?? compile(build, app);
  const steps: Step[] = [
    { do: 'workdir', path: '/src' },
    ...(build.tool === 'gradle'
      ? [{ do: 'env', values: { GRADLE_USER_HOME: '/root/.gradle' } } as const]
      : []),
    ...(build.tool === 'sbt' ? [launcher(build)] : []),
    { do: 'copy', paths: [root === '' ? '.' : `${root}/`], to: './' },
    ...(app.artifact.kind === 'classes' && build.tool === 'gradle' ? [gradleLibraries] : []),
    {
      do: 'run',
      commands: [
        ...(build.tool === 'gradle' && build.wrapper
          ? ["sed -i 's/\\r$//' gradlew && chmod +x gradlew"]
          : []),
        command,
        ...gather(build, app, place),
      ],
      network: true,
      javaNetwork: true,
      caches: caches[build.tool],
    },
    ...(app.layered === true ? [layers(app)] : []),
  ];
  const from = gradleOwn
    ? images.gradleBuild(build.version ?? (Number(version) >= 25 ? '9' : '8'), version)
    : images.javaBuild(version);
  const stages: Stage[] = [
    {
      name: 'build',
      from,
      why: `Builds ${app.dir === '' ? 'the app' : app.dir} with ${build.tool === 'none' ? 'javac' : build.tool}.`,
      steps,
    },
  ];
  if (app.artifact.kind === 'war') stages.push(runner(app.artifact.jakarta, version));
  stages.push({
    name: 'runtime',
    from: images.java(version),
    why: 'A Java runtime without compiler, and what was built.',
    steps: [
      { do: 'workdir', path: '/app' },
      ...(app.artifact.kind === 'war'
        ? [{ do: 'copy', from: 'server', paths: ['/out/'], to: './' } as const]
        : []),
      ...(whole
        ? [
            {
              do: 'copy',
              from: 'build',
              paths: ['/src/'],
              to: './',
              why: 'The start command names files of the build.',
            } as const,
          ]
        : app.layered === true
          ? ['dependencies', 'spring-boot-loader', 'snapshot-dependencies', 'application'].map(
              (layer): Step => ({ do: 'copy', from: 'build', paths: [`/layers/${layer}/`], to: './' }),
            )
          : [{ do: 'copy', from: 'build', paths: ['/out/'], to: './' } as const]),
      {
        do: 'env',
        values: { JAVA_TOOL_OPTIONS: '-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError' },
        why: 'The heap follows the memory that the container is given.',
      },
    ],
  });
  return stages;
}

function compile(build: Build, app: Bootable): string {
  switch (build.tool) {
    case 'maven': {
      const module = app.dir === '' ? '' : ` -pl ${app.dir} -am`;
      const libraries =
        app.artifact.kind === 'classes'
          ? ' dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=target/landfall-lib'
          : '';
      return `mvn -B -q -DskipTests${build.production ? ' -Pproduction' : ''} package${libraries}${module}`;
    }
    case 'gradle': {
      const path = app.dir === '' ? ':' : `:${app.dir.replaceAll('/', ':')}:`;
      const task = gradleTask(app);
      return `${build.wrapper ? './gradlew' : 'gradle'} --no-daemon --console=plain -q ${task
        .split(' ')
        .map((one) => `${path}${one}`)
        .join(' ')} -x test${app.artifact.kind === 'classes' ? ' -I /root/landfall.init.gradle' : ''}`;
    }
    case 'sbt':
      return `java -Xmx1500m -Dsbt.ci=true -Dsbt.color=false -jar /opt/sbt/sbt-launch.jar ${app.artifact.kind === 'install' ? 'stage' : app.artifact.kind === 'jar' ? 'assembly' : "package 'export Runtime / fullClasspathAsJars' > /tmp/path"}`;
    case 'ant':
    case 'none':
      return "mkdir -p /out/classes && javac -d /out/classes $(find . -name '*.java' -not -path '*/test/*')";
  }
}

function gradleTask(app: Bootable): string {
  const plugin = app.because[2];
  if (app.artifact.kind === 'quarkus') return 'quarkusBuild';
  if (app.artifact.kind === 'install') return 'installDist';
  if (app.artifact.kind === 'war') return 'war';
  if (app.artifact.kind === 'classes') return 'jar landfallLib';
  if (plugin === 'io.ktor.plugin') return 'buildFatJar';
  return app.framework === 'spring-boot' || app.framework === 'grails'
    ? app.artifact.war === true
      ? 'bootWar'
      : 'bootJar'
    : 'shadowJar';
}

/** What starts, gathered in /out. */
function gather(build: Build, app: Bootable, place: string): string[] {
  const output =
    build.tool === 'maven'
      ? `${place}target/`
      : build.tool === 'gradle'
        ? `${place}build/libs/`
        : `${place}target/scala-*/`;
  switch (app.artifact.kind) {
    case 'jar':
      return [
        'mkdir -p /out',
        `cp ${largest(output, app.artifact.war === true ? 'war' : 'jar')} /out/${app.name}.jar`,
      ];
    case 'war':
      return ['mkdir -p /out', `cp ${largest(output, 'war')} /out/${app.name}.war`];
    case 'quarkus': {
      const folder = build.tool === 'maven' ? `${place}target` : `${place}build`;
      return [
        'mkdir -p /out',
        `if [ -d ${folder}/quarkus-app ]; then cp -r ${folder}/quarkus-app/. /out/; else cp "$(ls ${folder}/*-runner.jar | head -n 1)" /out/quarkus-run.jar; fi`,
      ];
    }
    case 'install': {
      const found =
        build.tool === 'gradle'
          ? `${place}build/install/*/`
          : 'target/universal/stage/ */target/universal/stage/';
      return [
        `mkdir -p /out && cp -r "$(ls -d ${found} 2>/dev/null | head -n 1)". /out/`,
        `cd /out/bin && { [ -e ${app.artifact.name} ] || mv "$(ls | grep -v '\\.bat$' | head -n 1)" ${app.artifact.name}; }`,
      ];
    }
    case 'classes':
      if (build.tool === 'none' || build.tool === 'ant') return [];
      if (build.tool === 'sbt')
        return ['mkdir -p /out/lib', "tail -n 1 /tmp/path | tr ':' '\\n' | xargs -I {} cp {} /out/lib/"];
      return [
        'mkdir -p /out/lib',
        `cp ${largest(output)} /out/${app.name}.jar`,
        `cp -r ${build.tool === 'maven' ? `${place}target` : `${place}build`}/landfall-lib/. /out/lib/ 2>/dev/null || true`,
      ];
  }
}

const gradleLibraries: Step = {
  do: 'write',
  path: '/root/landfall.init.gradle',
  lines: [
    'allprojects { afterEvaluate { p -> if (p.plugins.hasPlugin("java")) { p.tasks.register("landfallLib", Copy) { from p.configurations.runtimeClasspath; into p.file("build/landfall-lib") } } } }',
  ],
  why: 'Gathers the libraries that the main class needs.',
};

function launcher(build: Build): Step {
  return {
    do: 'run',
    commands: [
      `mvn -B -q dependency:copy -Dartifact=org.scala-sbt:sbt-launch:${build.version ?? '1.12.14'} -DoutputDirectory=/opt/sbt -Dmdep.stripVersion=true`,
    ],
    network: true,
    javaNetwork: true,
    caches: caches.maven,
    why: "sbt's launcher, which fetches the rest of it.",
  };
}

function layers(app: Bootable): Step {
  return {
    do: 'run',
    commands: [
      `java -Djarmode=tools -jar /out/${app.name}.jar extract --layers --destination /layers`,
      'cd /layers && mkdir -p dependencies spring-boot-loader snapshot-dependencies application',
    ],
    why: 'Libraries and own classes in layers of their own: a change of code ships only the latter.',
  };
}

function runner(jakarta: boolean, version: string): Stage {
  const { artifact } = jakarta ? runners.jakarta : runners.javax;
  return {
    name: 'server',
    from: images.javaBuild(version),
    why: `The servlet container that serves the war (${artifact}).`,
    steps: [
      {
        do: 'run',
        commands: [
          `mvn -B -q dependency:copy -Dartifact=${artifact} -DoutputDirectory=/out -Dmdep.stripVersion=true`,
        ],
        network: true,
        javaNetwork: true,
        caches: caches.maven,
      },
    ],
  };
}

/** The command line that starts what `gather` left, told to listen on PORT in its framework's words. */
export function startOf(app: Bootable): string {
  const tail = app.arguments === undefined ? '' : ` ${app.arguments}`;
  const flags = ports[app.framework ?? ''] ?? '';
  switch (app.artifact.kind) {
    case 'jar':
      return `java ${flags}-jar ${app.name}.jar${tail}`;
    case 'quarkus':
      return `java ${ports.quarkus}-jar quarkus-run.jar`;
    case 'war':
      return `java -jar ${app.artifact.jakarta ? runners.jakarta.name : runners.javax.name}.jar --port $PORT ${app.name}.war`;
    case 'install':
      return app.framework === 'play'
        ? `bin/${app.artifact.name} -Dhttp.port=$PORT -Dpidfile.path=/dev/null`
        : flags === ''
          ? `bin/${app.artifact.name}${tail}`
          : `JAVA_OPTS="${flags.trim()}" bin/${app.artifact.name}${tail}`;
    case 'classes':
      return `java ${flags}-cp '${app.name}.jar:lib/*:classes' ${app.artifact.main}${tail}`;
  }
}

const ports: Record<string, string> = {
  'spring-boot': '-Dserver.port=$PORT ',
  grails: '-Dserver.port=$PORT ',
  quarkus: '-Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT ',
  micronaut: '-Dmicronaut.server.port=$PORT ',
  helidon: '-Dserver.port=$PORT -Dserver.host=0.0.0.0 ',
  jooby: '-Dserver.port=$PORT ',
  dropwizard: "'-Ddw.server.applicationConnectors[0].port='$PORT ",
};

/** A given start command that runs in the image: a jar of the build's folder becomes the app's; null when it needs the whole build. */
export function adapted(command: string, app: Bootable): string | null {
  const jar =
    /(\s-jar\s+)(?:\.\/)?(?:[\w.-]+\/)*(?:target|build\/libs)\/(?:scala-[\w.*-]+\/)?[\w.*${}-]+\.[jw]ar\b/;
  const runs = app.artifact.kind === 'quarkus' ? /(\s-jar\s+)\S*quarkus-run\.jar/ : jar;
  const file = app.artifact.kind === 'quarkus' ? 'quarkus-run.jar' : `${app.name}.jar`;
  if ((app.artifact.kind === 'jar' || app.artifact.kind === 'quarkus') && runs.test(command))
    return listening(command.replace(runs, `$1${file}`), app);
  const staged = /(?:\.\/)?(?:[\w-]+\/)?(?:target\/universal\/stage|build\/install\/[\w.-]+)\/bin\/([\w.-]+)/;
  if (app.artifact.kind === 'install' && staged.test(command))
    return command.replace(staged, `bin/${app.artifact.name}`);
  return /\b(?:target|build)\//.test(command) ? null : command;
}

/** A given command that says no port gets its framework's word for PORT: without it the app listens on 8080. */
function listening(command: string, app: Bootable): string {
  const flags = ports[app.framework ?? ''] ?? '';
  if (flags === '' || /server\.port|http\.port|applicationConnectors/.test(command)) return command;
  return command.replace(/(^|\s|\/)java\s+/, `$&${flags}`);
}
