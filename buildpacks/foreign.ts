import { type Context, type Detection, evidence, type Stack, weight } from './buildpack.ts';

interface Foreign {
  language: string;
  /** The buildpack that will handle it; then the language is not foreign any more. */
  stack?: Stack;
  manifests: readonly RegExp[];
  extensions: readonly string[];
}

/** Languages without a buildpack here. They keep us from taking a project for what lies beside its sources. */
const languages: readonly Foreign[] = [
  { language: 'Go', stack: 'go', manifests: [/^go\.(mod|work)$/], extensions: ['.go'] },
  { language: 'Rust', stack: 'rust', manifests: [/^Cargo\.toml$/], extensions: ['.rs'] },
  {
    language: 'Java or Kotlin',
    stack: 'java',
    manifests: [/^pom\.xml$/, /^(build|settings)\.gradle(\.kts)?$/, /^gradlew$/, /^mvnw$/],
    extensions: ['.java', '.kt'],
  },
  {
    language: 'Ruby',
    stack: 'ruby',
    manifests: [/^Gemfile$/, /^gems\.rb$/, /^config\.ru$/, /^Rakefile$/],
    extensions: ['.rb', '.ru'],
  },
  { language: 'PHP', stack: 'php', manifests: [/^composer\.json$/, /^index\.php$/], extensions: ['.php'] },
  { language: 'Deno', stack: 'deno', manifests: [/^deno\.jsonc?$/, /^deno\.lock$/], extensions: [] },
  { language: 'Elixir', stack: 'elixir', manifests: [/^mix\.exs$/], extensions: ['.ex', '.exs'] },
  {
    language: '.NET',
    stack: 'dotnet',
    manifests: [/\.(sln|slnx|csproj|fsproj|vbproj)$/, /^global\.json$/],
    extensions: ['.cs', '.fs', '.vb'],
  },
  {
    language: 'Scala',
    // sbt builds are the java buildpack's.
    manifests: [/^build\.sc$/, /^build\.mill$/],
    extensions: ['.scala', '.sc'],
  },
  {
    language: 'Clojure',
    manifests: [/^project\.clj$/, /^deps\.edn$/, /^build\.boot$/, /^shadow-cljs\.edn$/],
    extensions: ['.clj', '.cljs', '.cljc'],
  },
  { language: 'Groovy', manifests: [/^grails-app$/], extensions: ['.groovy'] },
  { language: 'Erlang', manifests: [/^erlang\.mk$/], extensions: ['.erl', '.hrl'] },
  { language: 'Gleam', manifests: [/^gleam\.toml$/], extensions: ['.gleam'] },
  {
    language: 'Haskell',
    manifests: [/^stack\.yaml$/, /\.cabal$/, /^cabal\.project$/, /^package\.yaml$/],
    extensions: ['.hs', '.lhs'],
  },
  { language: 'OCaml', manifests: [/^dune-project$/, /^dune$/, /\.opam$/], extensions: ['.ml', '.mli'] },
  { language: 'Swift', manifests: [/^Package\.swift$/], extensions: ['.swift'] },
  { language: 'Dart or Flutter', manifests: [/^pubspec\.yaml$/], extensions: ['.dart'] },
  { language: 'Crystal', manifests: [/^shard\.yml$/], extensions: ['.cr'] },
  { language: 'Nim', manifests: [/\.nimble$/], extensions: ['.nim'] },
  { language: 'Zig', manifests: [/^build\.zig(\.zon)?$/], extensions: ['.zig'] },
  { language: 'D', manifests: [/^dub\.(json|sdl)$/], extensions: ['.d'] },
  { language: 'V', manifests: [/^v\.mod$/], extensions: [] },
  { language: 'Julia', manifests: [/^Project\.toml$/, /^JuliaProject\.toml$/], extensions: ['.jl'] },
  {
    language: 'R',
    manifests: [/^DESCRIPTION$/, /^renv\.lock$/, /^app\.R$/, /^server\.R$/, /\.Rproj$/],
    extensions: ['.r', '.rmd'],
  },
  {
    language: 'Perl',
    manifests: [/^cpanfile$/, /^Makefile\.PL$/, /^Build\.PL$/, /^app\.psgi$/, /^dist\.ini$/],
    extensions: ['.pl', '.pm', '.psgi'],
  },
  { language: 'Lua', manifests: [/\.rockspec$/], extensions: ['.lua', '.moon'] },
  {
    language: 'Racket or Scheme',
    manifests: [/^info\.rkt$/, /^haunt\.scm$/],
    extensions: ['.rkt', '.scm', '.ss'],
  },
  { language: 'Common Lisp', manifests: [/\.asd$/], extensions: ['.lisp', '.cl'] },
  { language: 'Elm', manifests: [/^elm\.json$/], extensions: ['.elm'] },
  { language: 'PureScript', manifests: [/^spago\.(dhall|yaml)$/], extensions: ['.purs'] },
  {
    language: 'C or C++',
    manifests: [
      /^CMakeLists\.txt$/,
      /^meson\.build$/,
      /^configure(\.ac|\.in)?$/,
      /^conanfile\.(py|txt)$/,
      /^vcpkg\.json$/,
      /^WORKSPACE$/,
    ],
    extensions: ['.c', '.cc', '.cpp', '.cxx', '.h', '.hpp'],
  },
  { language: 'Objective-C', manifests: [/^Podfile$/, /\.xcodeproj$/], extensions: ['.m', '.mm'] },
  { language: 'COBOL', manifests: [], extensions: ['.cbl', '.cob'] },
  { language: 'Fortran', manifests: [/^fpm\.toml$/], extensions: ['.f90', '.f95', '.f03'] },
  { language: 'Pascal', manifests: [/\.lpi$/, /\.dpr$/], extensions: ['.pas', '.lpr'] },
  { language: 'Ada', manifests: [/^alire\.toml$/, /\.gpr$/], extensions: ['.adb', '.ads'] },
  { language: 'Haxe', manifests: [/\.hxml$/], extensions: ['.hx'] },
  { language: 'Prolog', manifests: [], extensions: ['.pro', '.plt'] },
  { language: 'Solidity', manifests: [/^foundry\.toml$/], extensions: ['.sol'] },
  { language: 'Terraform', manifests: [/^main\.tf$/], extensions: ['.tf'] },
];

export interface ForeignDetection extends Detection {
  language: string;
}

/** What the tree holds in languages that no buildpack of the list handles, the strongest first. */
export function detectForeign(ctx: Context, handled: ReadonlySet<Stack>): ForeignDetection[] {
  const root = ctx.tree.in('');
  const found: ForeignDetection[] = [];
  for (const { language, stack, manifests, extensions } of languages) {
    if (stack !== undefined && handled.has(stack)) continue;
    const manifest = root.find((name) => manifests.some((pattern) => pattern.test(name)));
    const sources = extensions.flatMap((extension) => ctx.tree.withExtension(extension));
    const reasons = [
      ...(manifest === undefined ? [] : [evidence(manifest, 'manifest', language, weight.manifest)]),
      ...(sources[0] === undefined
        ? []
        : [
            evidence(
              sources[0],
              'sources',
              `${sources.length} of ${language}`,
              sources.length > 2 ? weight.entry : weight.sources,
            ),
          ]),
    ];
    if (reasons.length > 0) found.push({ language, role: 'server', evidence: reasons });
  }
  return found;
}
