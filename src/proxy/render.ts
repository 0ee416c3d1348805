import { createHash } from 'node:crypto';
import { html, type Page, pages, text } from './pages.ts';
import { type Backend, controlBackend, emptyTable, nowhere, type Table, unknownBackend } from './table.ts';

export interface ProxySettings {
  home: string;
  /** The server answers at `landfall.<domain>`. */
  domain: string;
  httpPort: number;
  httpsPort: number;
  /** The machine has IPv6. */
  ipv6: boolean;
  /** Only this machine may come in: tokens would cross the network in clear. */
  loopbackOnly: boolean;
}

/** Where things are, the same inside the proxy's container and outside. */
export function paths(home: string) {
  const proxy = `${home}/proxy`;
  return {
    folder: proxy,
    config: `${proxy}/haproxy.cfg`,
    hosts: `${proxy}/hosts.map`,
    apps: `${proxy}/apps.map`,
    run: `${proxy}/run`,
    runtime: `${proxy}/run/haproxy.sock`,
    master: `${proxy}/run/master.sock`,
    handover: `${proxy}/run/handover.sock`,
    control: `${home}/run/http.sock`,
  };
}

/** All files of the proxy's folder, path → text; the configuration comes last because it needs the others. */
export function render(settings: ProxySettings, table: Table): Map<string, string> {
  const at = paths(settings.home);
  const files = fixedFiles(settings);
  files.set(at.hosts, hostsMap(settings, table));
  files.set(at.apps, appsMap(table));
  files.set(at.config, `${head(settings, fingerprint(settings))}${table.backends.map(backend).join('')}`);
  return files;
}

/**
 * Names everything in the configuration that the command line cannot change. The running proxy tells its own (`show
 * info`, description): when they differ, it needs a reload.
 */
export function fingerprint(settings: ProxySettings): string {
  const hash = createHash('sha256');
  for (const [path, content] of fixedFiles(settings)) hash.update(path).update(content);
  hash.update(head(settings, '')).update(backend(spare)).update(hostsMap(settings, emptyTable));
  return `landfall-${hash.digest('hex').slice(0, 12)}`;
}

const spare: Backend = { name: 'b0', app: null, slots: [{ name: 's1', ...nowhere, state: 'maint' }] };

function fixedFiles(settings: ProxySettings): Map<string, string> {
  const folder = paths(settings.home).folder;
  return new Map(
    Object.values(pages(appName(settings))).flatMap((page) => [
      [`${folder}/${page.name}.html`, html(page)] as const,
      [`${folder}/${page.name}.txt`, text(page)] as const,
    ]),
  );
}

function appName(settings: ProxySettings): string {
  return `%[be_name,map_str(${paths(settings.home).apps}),field(2,:)]`;
}

function hostsMap(settings: ProxySettings, table: Table): string {
  const own = `landfall.${settings.domain}`;
  const rows = [...table.hosts].filter(([host]) => host !== own).map(([host, name]) => `${host} ${name}\n`);
  return `${own} ${controlBackend}\n${rows.join('')}`;
}

function appsMap(table: Table): string {
  return table.backends.flatMap(({ name, app }) => (app ? [`${name} ${app.id}:${app.name}\n`] : [])).join('');
}

/** A server that drains is `disabled` here: whoever reads this file has none of its open requests. */
function backend(of: Backend): string {
  const servers = of.slots.map((slot) =>
    slot.state === 'ready'
      ? `  server ${slot.name} ${slot.host}:${slot.port}\n`
      : slot.state === 'drain'
        ? `  server ${slot.name} ${slot.host}:${slot.port} disabled\n`
        : `  server ${slot.name} ${nowhere.host}:${nowhere.port} disabled\n`,
  );
  return `\nbackend ${of.name} from apps\n${servers.join('')}`;
}

/** The answer as HTML for those who ask for it (browsers), as plain text for others; `when` is a condition or ''. */
function answer(folder: string, page: Page, when: string): string {
  const wanted = '{ req.fhdr(accept) -m sub text/html }';
  const rule = (type: string, ending: string): string =>
    `http-request return status ${page.status} content-type "${type}; charset=utf-8" lf-file ${folder}/${page.name}.${ending} hdr Cache-Control no-store`;
  return `  ${rule('text/html', 'html')} if ${when} ${wanted}
  ${rule('text/plain', 'txt')}${when ? ` if ${when}` : ''}
`;
}

/** When a server fails under a request; the answer cannot depend on the request here. */
function failure(folder: string, page: Page, status = page.status, type: 'html' | 'plain' = 'html'): string {
  const file = `${folder}/${page.name}.${type === 'html' ? 'html' : 'txt'}`;
  return `  http-error status ${status} content-type "text/${type}; charset=utf-8" lf-file ${file} hdr Cache-Control no-store\n`;
}

function head(settings: ProxySettings, description: string): string {
  const at = paths(settings.home);
  const page = pages(appName(settings));
  // The rule on stopping is in both frontends: an old worker may accept its own handover, and tries again then.
  const choice = `  use_backend handover if { stopping }
  use_backend %[req.fhdr(host),host_only,rtrim(.),map_str(${at.hosts},${unknownBackend})]
  default_backend ${unknownBackend}
`;
  return `# Written by Landfall; changes are overwritten. The addresses below are the current ones: a restart or reload of the
# proxy serves what it served before. Between reloads the server changes them through ${at.runtime}.

global
  description ${description}
  # A second proxy on this port fails to start instead of taking half of the requests.
  noreuseport
  stats socket ${at.runtime} mode 600 level admin expose-fd listeners
  stats timeout 1h
  log stdout format raw local0
  # Threads and connections follow the machine and its file limit, up to about 16,000 connections.
  fd-hard-limit 32768
  # After a reload the old worker stays for its open WebSockets and downloads; after this long it ends them, so that
  # no number of reloads can fill the memory. Clients of long-lived connections reconnect by themselves.
  hard-stop-after 1h
.if defined(LANDFALL_PROXY_USER)
  user "\${LANDFALL_PROXY_USER}"
.endif

defaults base
  mode http
  log global
  option httplog
  # Only what went wrong is logged.
  option dontlog-normal
  # Without this, clients that keep connections open see resets at a reload.
  option idle-close-on-response
  # What is sent in pieces (events, the log of a push) goes out piece by piece, at once.
  option http-no-delay
  # Dead peers are found by the kernel (2 minutes), so the limits on silence can be long.
  option clitcpka
  option srvtcpka
  clitcpka-idle 60s
  clitcpka-intvl 10s
  clitcpka-cnt 6
  srvtcpka-idle 60s
  srvtcpka-intvl 10s
  srvtcpka-cnt 6
  timeout connect 3s
  timeout http-request 30s
  timeout http-keep-alive 60s
  timeout queue 30s
  # Requests may take long, and events may be silent for long.
  timeout client 1h
  timeout server 1h
  timeout tunnel 24h

defaults apps from base
  balance leastconn
  # Never \`always\`: a POST on a connection that its server just closed would be lost.
  http-reuse safe
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  http-request disable-l7-retry unless { method GET HEAD }
  # In a worker that is stopping, nbsrv is 0 for all.
${answer(at.folder, page.empty, '{ nbsrv eq 0 } !{ stopping }')}${failure(at.folder, page.broken)}${failure(at.folder, page.broken, 503)}${failure(at.folder, page.slow)}
frontend public from base
${binds(settings)}  # HTTPS goes here: bind :${settings.httpsPort} ssl crt-list ${at.folder}/crt-list alpn h2,http/1.1
  # What only we may say, in any spelling that an app could take for ours (CGI and WSGI read _ as -), and httpoxy's.
  http-request del-header ^(x[-_](forwarded|real[-_]ip|request[-_](id|start)).*|forwarded|proxy)$ -m reg
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header X-Forwarded-Host %[req.fhdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Request-Id %[uuid()]
  http-request set-header X-Request-Start t=%[date(0,us)]
${choice}
backend ${unknownBackend} from base
${answer(at.folder, page.unknown, '')}
# The server itself. While it restarts, requests wait: they are tried again each second, at \`wait\` as long as the check
# says that it is down (a refused Unix socket alone would be tried again at once, and for nothing).
backend ${controlBackend} from base
  balance leastconn
  option redispatch 1
  retries 15
  retry-on conn-failure empty-response
  http-request disable-l7-retry unless { method GET HEAD }
  # Who leaves during a push wants it cancelled.
  option abortonclose
  # git shows plain text to its user.
${failure(at.folder, page.control, 503, 'plain')}  server control unix@${at.control} check inter 1s fastinter 200ms downinter 200ms fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down
  server wait ${nowhere.host}:${nowhere.port} backup

# New requests on connections that a reload left with an old worker: the present one knows where they go now.
backend handover from base
  server present unix@${at.handover}
frontend handed-over from base
.if defined(LANDFALL_PROXY_USER)
  bind unix@${at.handover} mode 600 user "\${LANDFALL_PROXY_USER}"
.else
  bind unix@${at.handover} mode 600
.endif
${choice}`;
}

/**
 * Two listeners, not one for both: HAProxy would show IPv4 clients as ::ffff:a.b.c.d. `v6only` even on one IPv6 address:
 * without it a reload does not find the socket among those of the old worker, and the IPv4 one is lost.
 */
function binds({ httpPort: port, ipv6, loopbackOnly }: ProxySettings): string {
  if (loopbackOnly) return `  bind 127.0.0.1:${port}\n${ipv6 ? `  bind [::1]:${port} v6only\n` : ''}`;
  return `  bind :${port}\n${ipv6 ? `  bind :::${port} v6only\n` : ''}`;
}
