import { type Context, type Evidence, evidence, weight } from '../buildpack.ts';
import { type Composer, requires } from './composer.ts';

export interface App {
  framework: string | null;
  /** The folder that Apache serves, '' for the root; null: nothing to serve. */
  root: string | null;
  /** A program that serves by itself instead of Apache. */
  program: string | null;
  library: boolean;
  evidence: Evidence[];
}

const frameworks: readonly [RegExp, string][] = [
  [/^laravel\/framework$/, 'laravel'],
  [/^laravel\/lumen-framework$/, 'lumen'],
  [/^(roots\/wordpress|johnpbloch\/wordpress)/, 'wordpress'],
  [/^drupal\/(core|core-recommended|recommended-project)$/, 'drupal'],
  [/^craftcms\/cms$/, 'craft'],
  [/^hyperf\/(framework|http-server)$/, 'hyperf'],
  [/^symfony\/(framework-bundle|symfony)$/, 'symfony'],
  [/^slim\/slim$/, 'slim'],
  [/^codeigniter4?\/framework$/, 'codeigniter'],
  [/^cakephp\/cakephp$/, 'cakephp'],
  [/^yiisoft\/(yii2|yii-http|yii)$/, 'yii'],
  [/^(laminas\/laminas-mvc|zendframework\/zend-mvc)$/, 'laminas'],
  [/^mezzio\/mezzio$/, 'mezzio'],
  [/^(mikecao\/flight|flightphp\/core)$/, 'flight'],
  [/^leafs\/leaf$/, 'leaf'],
  [/^silex\/silex$/, 'silex'],
  [/^getgrav\/grav|^grav/, 'grav'],
  [/^(bcosca\/fatfree|bcosca\/fatfree-core)$/, 'fatfree'],
];

const programs: readonly [RegExp, string[]][] = [
  [/^hyperf\/(framework|http-server)$/, ['bin/hyperf.php start']],
  [
    /^(react\/http|workerman\/workerman|amphp\/http-server|openswoole\/core|react\/socket|team-reflex\/discord-php|irazasyed\/telegram-bot-sdk)$/,
    ['server.php', 'app.php', 'main.php', 'bot.php', 'start.php start', 'index.php'],
  ],
];

const roots = [
  'public',
  'web',
  'webroot',
  'public_html',
  'htdocs',
  'www',
  'html',
  'httpdocs',
  'docroot',
  'src/public',
  'app/public',
  'site',
  'src',
  'app',
];

/** A plugin or theme: made for a WordPress (or another system) that is not here. */
function isPart(ctx: Context, composer: Composer | null): boolean {
  if (
    /^(wordpress-(?:plugin|muplugin|theme)|library|[\w-]+-(?:module|plugin|extension|bundle|theme)|composer-plugin|typo3-cms-extension)$/.test(
      composer?.type ?? '',
    ) &&
    !ctx.tree.has('public/index.php')
  )
    return true;
  const first = (file: string) => (ctx.tree.read(file) ?? '').slice(0, 4000);
  if (ctx.tree.has('functions.php') && /^\s*(?:\*\s*)?Theme Name:/m.test(first('style.css'))) return true;
  return ctx.tree.in('').some((file) => file.endsWith('.php') && /^[\s/*#]*Plugin Name:/m.test(first(file)));
}

/** A page that says something: not the empty file that only hides a folder's list. */
function speaks(ctx: Context, file: string): boolean {
  const text = ctx.tree.read(file);
  return text !== null && text.replace(/<\?(?:php)?|\?>|\/\*[\s\S]*?\*\/|(?:\/\/|#).*$/gm, '').trim() !== '';
}

/** Decides what the project is; null when nothing speaks for PHP. */
export function appOf(ctx: Context, composer: Composer | null): App | null {
  const { tree } = ctx;
  const reasons: Evidence[] =
    composer === null ? [] : [evidence('composer.json', 'manifest', 'Composer', weight.manifest)];
  const made = (framework: string | null, root: string | null, more: Partial<App> = {}): App => ({
    framework,
    root,
    program: null,
    library: false,
    evidence: reasons,
    ...more,
  });
  const named = frameworks.find(([pattern]) => requires(composer, pattern))?.[1] ?? null;

  if (tree.has('artisan')) {
    reasons.push(evidence('artisan', 'skeleton', named ?? 'laravel', weight.skeleton));
    return made(named ?? 'laravel', rootOf(ctx, composer) ?? 'public');
  }
  if (
    tree.first('wp-load.php', 'wp-config-sample.php', 'wp-settings.php') !== null &&
    tree.has('index.php')
  ) {
    reasons.push(evidence('index.php', 'skeleton', 'wordpress', weight.skeleton));
    return made('wordpress', '');
  }
  if (tree.has('spark') && named !== 'codeigniter' && tree.has('public/index.php'))
    reasons.push(evidence('spark', 'skeleton', 'codeigniter', weight.framework));
  const framework =
    named ??
    (tree.has('spark') && tree.has('public/index.php')
      ? 'codeigniter'
      : tree.hasFolder('system/core') && /CodeIgniter/i.test(tree.read('index.php') ?? '')
        ? 'codeigniter'
        : null);
  const program = programs
    .flatMap(([pattern, files]) => (requires(composer, pattern) ? files : []))
    .find((file) => tree.has(file.split(' ')[0] ?? ''));
  const root = rootOf(ctx, composer);
  if (
    program !== undefined &&
    (root === null || program.startsWith('bin/') || program.startsWith('server'))
  ) {
    reasons.push(
      evidence(program.split(' ')[0] ?? '', 'entry', 'serves by itself', weight.entry),
      evidence('composer.json', 'require', framework ?? 'a server in PHP', weight.framework),
    );
    return made(framework, null, { program: `php ${program}` });
  }
  if (root !== null) {
    const file = root === '' ? 'index.php' : `${root}/index.php`;
    reasons.push(
      evidence(
        tree.has(file) ? file : (tree.in(root).find((one) => one.endsWith('.php')) ?? file),
        'entry',
        'page',
        weight.entry,
      ),
    );
    if (composer === null) reasons.push(evidence(file, 'sources', 'PHP', weight.sources));
    if (framework !== null) reasons.push(evidence('composer.json', 'require', framework, weight.framework));
    return made(framework, root);
  }
  const source = tree.withExtension('.php')[0];
  const script =
    composer === null
      ? null
      : tree.first(
          'main.php',
          'app.php',
          'server.php',
          'bot.php',
          'worker.php',
          'run.php',
          'start.php',
          'bin/server.php',
          'src/main.php',
        );
  if (script !== null && composer?.type !== 'library') {
    reasons.push(evidence(script, 'entry', 'script', weight.entry));
    return made(framework, null, { program: `php ${script}` });
  }
  if (composer === null)
    return source === undefined
      ? null
      : made(null, null, { evidence: [evidence(source, 'sources', 'PHP', weight.sources)] });
  if (source !== undefined)
    reasons.push(evidence(source, 'sources', 'PHP, no page to serve', weight.sources));
  return made(framework, null, { library: true });
}

/** The folder with the front page: what the Procfile says, else the usual ones. */
function rootOf(ctx: Context, composer: Composer | null): string | null {
  const { tree } = ctx;
  const said =
    /heroku-php-(?:apache2|nginx)\s+(?:-\S+\s+\S+\s+)*([\w./-]+?)\/?\s*$/.exec(ctx.procfile.web ?? '')?.[1] ??
    /\bphp\s+-S\s+\S+\s+-t\s+([\w./-]+?)\/?(?:\s|$)/.exec(ctx.procfile.web ?? '')?.[1];
  const output = ctx.settings.output ?? said?.replace(/^\.?\/+/, '').replace(/^\.$/, '') ?? null;
  if (output !== null && (output === '' || tree.hasFolder(output))) return output;
  if (isPart(ctx, composer)) return null;
  const named = ['public', 'web', 'webroot'].find((folder) => tree.has(`${folder}/index.php`));
  if (named !== undefined) return named;
  if (tree.has('index.php') && speaks(ctx, 'index.php')) return '';
  const other = roots.find((folder) => tree.has(`${folder}/index.php`));
  if (other !== undefined) return other;
  // Pages in PHP beside a front page in HTML: served as files they would show their source.
  const page = ['index.html', 'index.htm'].some((file) => tree.has(file));
  return page && tree.in('').some((file) => file.endsWith('.php')) ? '' : null;
}
