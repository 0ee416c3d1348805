import type { Context, Step } from '../buildpack.ts';
import { type Composer, requires } from './composer.ts';

/** In every PHP image. */
const builtIn = new Set(
  'core ctype curl date dom fileinfo filter ftp hash iconv json libxml mbstring mysqlnd openssl pcre pdo pdo_sqlite phar posix random readline reflection session simplexml sodium spl sqlite3 standard tokenizer xml xmlreader xmlwriter zlib zend-opcache opcache'.split(
    ' ',
  ),
);

interface Extension {
  /** Debian packages to compile it in the official image. */
  build: readonly string[];
  /** From PECL, not from PHP's own sources. */
  pecl?: boolean;
  /** The package in Debian's PHP; '' when it is in there anyway. */
  debian: string;
  /** Options of docker-php-ext-configure. */
  configure?: string;
}

const own = (debian: string, ...build: string[]): Extension => ({ build, debian });
const pecl = (debian: string, ...build: string[]): Extension => ({ build, debian, pecl: true });

const known: Record<string, Extension> = {
  bcmath: own('php-bcmath'),
  bz2: own('php-bz2', 'libbz2-dev'),
  calendar: own(''),
  exif: own(''),
  gd: {
    build: ['libfreetype-dev', 'libjpeg62-turbo-dev', 'libpng-dev', 'libwebp-dev'],
    debian: 'php-gd',
    configure: '--with-freetype --with-jpeg --with-webp',
  },
  gettext: own(''),
  gmp: own('php-gmp', 'libgmp-dev'),
  intl: own('php-intl', 'libicu-dev'),
  ldap: own('php-ldap', 'libldap-dev'),
  mysqli: own('php-mysql'),
  pcntl: own(''),
  pdo_mysql: own('php-mysql'),
  pdo_pgsql: own('php-pgsql', 'libpq-dev'),
  pgsql: own('php-pgsql', 'libpq-dev'),
  shmop: own(''),
  soap: own('php-soap', 'libxml2-dev'),
  sockets: own(''),
  sysvmsg: own(''),
  sysvsem: own(''),
  sysvshm: own(''),
  tidy: own('php-tidy', 'libtidy-dev'),
  xsl: own('php-xml', 'libxslt1-dev'),
  zip: own('php-zip', 'libzip-dev'),
  apcu: pecl('php-apcu'),
  amqp: pecl('php-amqp', 'librabbitmq-dev'),
  igbinary: pecl('php-igbinary'),
  imagick: pecl('php-imagick', 'libmagickwand-dev'),
  memcached: pecl('php-memcached', 'libmemcached-dev', 'zlib1g-dev', 'libssl-dev'),
  mongodb: pecl('php-mongodb', 'libssl-dev'),
  redis: pecl('php-redis'),
  swoole: pecl('php-swoole', 'libssl-dev'),
};

/** Extensions that the app needs beyond those that every image has; `unknown` cannot be had. */
export function extensionsOf(
  ctx: Context,
  composer: Composer | null,
  framework: string | null,
): { names: string[]; unknown: string[] } {
  const names = new Set((composer?.extensions ?? []).filter((name) => !builtIn.has(name)));
  const add = (...more: string[]) => {
    for (const one of more) names.add(one);
  };
  if (framework === 'laravel' || framework === 'lumen')
    add('bcmath', 'pcntl', 'pdo_mysql', 'pdo_pgsql', 'zip', 'intl');
  if (framework === 'symfony') add('intl', 'zip');
  if (framework === 'wordpress') add('mysqli', 'gd', 'exif', 'zip', 'intl');
  if (framework === 'codeigniter') add('intl', 'mysqli');
  if (framework === 'drupal' || framework === 'craft') add('gd', 'pdo_mysql', 'zip', 'intl', 'bcmath');
  if (requires(composer, /^doctrine\/(orm|dbal|doctrine-bundle)$/, 'symfony/orm-pack'))
    add('pdo_mysql', 'pdo_pgsql');
  if (requires(composer, 'laravel/horizon', 'laravel/octane')) add('pcntl');
  if (framework === null || composer === null) {
    const code = ctx.tree
      .withExtension('.php')
      .slice(0, 200)
      .map((path) => ctx.tree.read(path) ?? '');
    const uses = (pattern: RegExp) => code.some((one) => pattern.test(one));
    if (uses(/\bmysqli_\w+\(|new\s+\\?mysqli\b/i)) add('mysqli');
    if (uses(/["']mysql:/)) add('pdo_mysql');
    if (uses(/["']pgsql:/)) add('pdo_pgsql');
    if (uses(/\bpg_connect\(/)) add('pgsql');
    if (uses(/\bimagecreate\w*\(/)) add('gd');
    if (uses(/new\s+\\?Redis\(/)) add('redis');
    if (uses(/new\s+\\?ZipArchive\b/)) add('zip');
  }
  const all = [...names].sort();
  return { names: all.filter((name) => name in known), unknown: all.filter((name) => !(name in known)) };
}

/** Adds extensions: compiled in the official image, from Debian where PHP is Debian's. */
export function extensionStep(names: readonly string[]): Step[] {
  if (names.length === 0) return [];
  const parts = names.map((name) => ({ name, ...known[name] }));
  const packages = [...new Set(parts.flatMap((one) => one.build ?? []))].sort();
  const compiled = parts.filter((one) => one.pecl !== true).map((one) => one.name);
  const fromPecl = parts.filter((one) => one.pecl === true).map((one) => one.name);
  const debian = [...new Set(parts.map((one) => one.debian ?? '').filter((one) => one !== ''))].sort();
  const official = [
    ...(packages.length === 0
      ? []
      : [
          'apt-get update -qq',
          `apt-get install -y -qq --no-install-recommends ${packages.join(' ')} >/dev/null`,
        ]),
    ...parts.flatMap((one) =>
      one.configure === undefined ? [] : [`docker-php-ext-configure ${one.name} ${one.configure} >/dev/null`],
    ),
    ...(compiled.length === 0
      ? []
      : [`docker-php-ext-install -j"$(nproc)" ${compiled.join(' ')} >/dev/null`]),
    ...(fromPecl.length === 0
      ? []
      : [`pecl install ${fromPecl.join(' ')} >/dev/null`, `docker-php-ext-enable ${fromPecl.join(' ')}`]),
  ];
  const own =
    debian.length === 0
      ? 'true'
      : `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${debian.join(' ')} >/dev/null`;
  return [
    {
      do: 'run',
      commands: [
        `if command -v docker-php-ext-install >/dev/null; then ${official.join(' && ')}; else ${own}; fi`,
      ],
      caches: [
        { id: 'apt', target: '/var/cache/apt', sharing: 'locked' },
        { id: 'apt-lists', target: '/var/lib/apt/lists', sharing: 'locked' },
      ],
      network: true,
      why: `Extensions: ${names.join(', ')}.`,
    },
  ];
}
