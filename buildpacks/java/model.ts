/** How a module's build makes something that starts. */
export type Artifact =
  /** One jar with a main class and all that it needs, or a Spring war. */
  | { kind: 'jar'; war?: boolean }
  /** Quarkus's folder with quarkus-run.jar. */
  | { kind: 'quarkus' }
  /** A jar and its libraries, started by a main class. */
  | { kind: 'classes'; main: string }
  /** `bin/<name>` with `lib/`, as Gradle's application plugin and sbt's native packager make it. */
  | { kind: 'install'; name: string; main: string | null }
  /** A war that a servlet container must serve. */
  | { kind: 'war'; jakarta: boolean };

/** A module that may be the app. */
export interface Bootable {
  /** Its folder, '' for the build's root. */
  dir: string;
  name: string;
  framework: string | null;
  artifact: Artifact;
  /** It answers HTTP. */
  serves: boolean;
  /** Why it starts, for the evidence: file, key, value. */
  because: [string, string, string];
  /** What Spring Boot's version lets us do with its jar. */
  layered?: boolean;
  /** Arguments after the jar. */
  arguments?: string;
}

const frameworks: readonly [RegExp, string][] = [
  [/^org\.grails[.:]/, 'grails'],
  [/^io\.quarkus[.:]|^io\.quarkus$/, 'quarkus'],
  [/^io\.micronaut/, 'micronaut'],
  [/^org\.springframework\.boot[.:]|^org\.springframework\.boot$/, 'spring-boot'],
  [/^io\.helidon/, 'helidon'],
  [/^io\.dropwizard/, 'dropwizard'],
  [/^io\.ktor[.:]ktor-server|^io\.ktor\.plugin$/, 'ktor'],
  [/^io\.javalin/, 'javalin'],
  [/^org\.http4k/, 'http4k'],
  [/^(org\.jooby|io\.jooby)/, 'jooby'],
  [/^io\.ratpack/, 'ratpack'],
  [/^(com\.typesafe\.play|org\.playframework|com\.typesafe\.sbt:sbt-plugin)/, 'play'],
  [/^io\.vertx/, 'vertx'],
  [/^com\.sparkjava|^spark$/, 'spark'],
  [/^io\.armeria|^com\.linecorp\.armeria/, 'armeria'],
  [/^org\.http4s/, 'http4s'],
  [/^dev\.zio:zio-http/, 'zio-http'],
  [/akka-http/, 'akka-http'],
  [/pekko-http/, 'pekko-http'],
  [/^com\.softwaremill\.sttp\.tapir/, 'tapir'],
  [/^com\.lihaoyi:cask/, 'cask'],
  [/^org\.scalatra/, 'scalatra'],
  [/^io\.undertow/, 'undertow'],
  [/^org\.eclipse\.jetty/, 'jetty'],
  [/^org\.apache\.tomcat/, 'tomcat'],
  [/^io\.grpc/, 'grpc'],
];

/** The framework that a list of `group:artifact` and plugin names shows; null when none serves. */
export function frameworkOf(names: Iterable<string>): string | null {
  const all = [...names];
  return frameworks.find(([pattern]) => all.some((name) => pattern.test(name)))?.[1] ?? null;
}
