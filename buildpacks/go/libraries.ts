import type { Module } from './module.ts';

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
export const needC: readonly [RegExp, string[], string[]][] = [
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

/** The library that serves, among import paths; null when none is known. */
export function frameworkOf(paths: Iterable<string>): string | null {
  const all = [...paths];
  return frameworks.find(([pattern]) => all.some((path) => pattern.test(path)))?.[1] ?? null;
}

/** What follows the program's name: a framework that makes a command-line tool of the app serves by one of its commands. */
export function commandOf(framework: string | null): string {
  return framework === 'pocketbase' ? ' serve --http=0.0.0.0:$PORT' : '';
}

/** What the modules ask for themselves. */
export function direct(modules: readonly Module[]): string[] {
  return modules.flatMap((module) =>
    [...module.requires].flatMap(([path, one]) => (one.indirect ? [] : [path])),
  );
}
