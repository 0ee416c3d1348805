import type { Step } from '../buildpack.ts';

/** In the foreground, so that it gets the signals. */
export const serve = 'apache2 -DFOREGROUND';

/** Apache on PORT as any user, with nothing to write but /tmp; the same over the official image and ours. */
export function apacheSteps(root: string, framework: string | null): Step[] {
  const folder = root === '' ? '/app' : `/app/${root}`;
  return [
    {
      do: 'run',
      commands: [
        'a2enmod -q rewrite headers',
        'rm -f /etc/apache2/conf-enabled/other-vhosts-access-log.conf',
      ],
    },
    {
      do: 'write',
      path: '/etc/apache2/ports.conf',
      lines: [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Apache's own variable
        'Listen ${PORT}',
        'ServerName localhost',
        'ServerTokens Prod',
        'ServerSignature Off',
        'ErrorLog /dev/stderr',
      ],
    },
    {
      do: 'write',
      path: '/etc/apache2/sites-available/000-default.conf',
      lines: [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Apache's own variable
        '<VirtualHost *:${PORT}>',
        `  DocumentRoot ${folder}`,
        '  ErrorLog /dev/stderr',
        '  CustomLog /dev/stdout combined',
        '  SetEnvIf X-Forwarded-Proto "^https$" HTTPS=on',
        `  <Directory ${folder}>`,
        '    Require all granted',
        '    AllowOverride All',
        '    Options -Indexes +FollowSymLinks',
        '    DirectoryIndex index.php index.html index.htm',
        ...(framework === null || framework === 'wordpress' ? [] : ['    FallbackResource /index.php']),
        '  </Directory>',
        ...(root === ''
          ? [
              '  # The whole repository lies in the served folder.',
              '  <FilesMatch "^(\\..*|composer\\.(json|lock)|package(-lock)?\\.json|landfall\\.toml|Procfile|Dockerfile.*|.*\\.(sql|sqlite|env|log|bak))$">',
              '    Require all denied',
              '  </FilesMatch>',
              '  <DirectoryMatch "/(\\.(?!well-known)|vendor/|node_modules/)">',
              '    Require all denied',
              '  </DirectoryMatch>',
            ]
          : []),
        '</VirtualHost>',
      ],
    },
    {
      do: 'env',
      values: {
        APACHE_RUN_USER: 'www-data',
        APACHE_RUN_GROUP: 'www-data',
        APACHE_RUN_DIR: '/tmp',
        APACHE_LOCK_DIR: '/tmp',
        APACHE_LOG_DIR: '/tmp',
        APACHE_PID_FILE: '/tmp/apache2.pid',
      },
      why: 'As another user than root it only ignores the names, and /tmp is what it may write to.',
    },
  ];
}
