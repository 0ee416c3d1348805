import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './errors.ts';

/** What the operator decided. Validated whole: a server never starts on half of it. */
export interface Settings {
  /** Absolute path of everything that Landfall keeps; the same inside and outside its container. */
  home: string;
  /** Apps answer at `<app>.<domain>`, the server at `landfall.<domain>`. */
  domain: string;
  httpPort: number;
  httpsPort: number;
  sshPort: number;
  /** The networks of the apps are cut out of this, a /26 each. */
  subnet: string;
  /** Prefix and label of every Docker object. */
  instance: string;
  /** The Docker daemon's Unix socket. */
  dockerSocket: string;
  /** The operator accepts that tokens cross the network in clear (until HTTPS is there). */
  insecureHttp: boolean;
  /** Where base images come from: official ones when they can be had, or always made here. */
  bases: 'official' | 'local';
  /** Below this much free disk no build begins. */
  minFreeBytes: number;
  /** Only for the crash matrix: the server kills itself at this point of a deploy. */
  crashAt: string | null;
  version: string;
}

type Raw = Record<string, unknown>;

const defaults = {
  LANDFALL_HOME: '/var/lib/landfall',
  LANDFALL_DOMAIN: 'localhost',
  LANDFALL_HTTP_PORT: '80',
  LANDFALL_HTTPS_PORT: '443',
  LANDFALL_SSH_PORT: '2222',
  LANDFALL_SUBNET: '10.201.0.0/16',
  LANDFALL_INSTANCE: 'landfall',
  LANDFALL_DOCKER_SOCKET: '/var/run/docker.sock',
  LANDFALL_INSECURE_HTTP: '0',
  LANDFALL_BASES: 'official',
  LANDFALL_MIN_FREE_MB: '1024',
  LANDFALL_CRASH_AT: '',
} as const;
type Name = keyof typeof defaults;

/** A Unix socket's path may have 107 bytes (sun_path, unix(7)). */
const longestSocketPath = 107;

/**
 * Settings by precedence: environment, then `LANDFALL_HOME/settings.json` (written by the first `bin/up`), then default.
 * Throws a UserError `bad-setting` that names the setting, its value and what it must look like.
 */
export function loadSettings(env: Record<string, string | undefined> = process.env): Settings {
  const home = env.LANDFALL_HOME ?? defaults.LANDFALL_HOME;
  return parseSettings({
    ...readSettingsFile(join(home, 'settings.json')),
    ...pick(env),
    LANDFALL_HOME: home,
  });
}

/** Pure: checks every setting. Keys are those of the environment. */
export function parseSettings(raw: Raw): Settings {
  const text = (name: Name): string => String(raw[name] ?? defaults[name]);
  const matching = (name: Name, pattern: RegExp, must: string): string => {
    const value = text(name);
    if (pattern.test(value)) return value;
    throw bad(name, value, must);
  };
  const port = (name: Name): number => {
    const value = Number(text(name));
    if (Number.isInteger(value) && value > 0 && value < 65536) return value;
    throw bad(name, text(name), 'a port from 1 to 65535');
  };
  const home = matching(
    'LANDFALL_HOME',
    /^\/[A-Za-z0-9._/-]*[A-Za-z0-9._-]$/,
    'an absolute path without spaces',
  );
  const socket = join(home, 'run/landfall.sock');
  if (Buffer.byteLength(socket) > longestSocketPath)
    throw bad(
      'LANDFALL_HOME',
      home,
      `short: ${socket} is longer than the ${longestSocketPath} bytes of a socket path`,
    );
  const domain = matching(
    'LANDFALL_DOMAIN',
    /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'a host name in lower case, like example.com',
  );
  return {
    home,
    domain,
    httpPort: port('LANDFALL_HTTP_PORT'),
    httpsPort: port('LANDFALL_HTTPS_PORT'),
    sshPort: port('LANDFALL_SSH_PORT'),
    subnet: matching(
      'LANDFALL_SUBNET',
      /^\d{1,3}(\.\d{1,3}){3}\/(8|9|1\d|2[0-4])$/,
      'an IPv4 network like 10.201.0.0/16',
    ),
    instance: matching(
      'LANDFALL_INSTANCE',
      /^[a-z][a-z0-9-]{0,30}$/,
      'lower-case letters, digits and dashes, 31 at most',
    ),
    dockerSocket: matching(
      'LANDFALL_DOCKER_SOCKET',
      /^\/[^\0]{1,106}$/,
      'the absolute path of a Unix socket',
    ),
    insecureHttp: matching('LANDFALL_INSECURE_HTTP', /^[01]$/, '0 or 1') === '1',
    bases: matching('LANDFALL_BASES', /^(official|local)$/, '`official` or `local`') as Settings['bases'],
    minFreeBytes: Number(matching('LANDFALL_MIN_FREE_MB', /^\d{1,9}$/, 'a number of megabytes')) * 1048576,
    crashAt: text('LANDFALL_CRASH_AT') || null,
    version: readVersion(),
  };
}

/** `http://<host>[:port]`: no port when it is 80. */
export function publicUrl(settings: Settings, host: string): string {
  return `http://${host}${settings.httpPort === 80 ? '' : `:${settings.httpPort}`}`;
}

/** Where an app answers. */
export function appUrl(settings: Settings, app: string): string {
  return `${publicUrl(settings, `${app}.${settings.domain}`)}/`;
}

function bad(name: string, value: string, must: string): UserError {
  return new UserError(
    'bad-setting',
    `${name} is ${JSON.stringify(value)}, but must be ${must}.`,
    `Set it in the environment or in settings.json, then run bin/up again.`,
  );
}

function pick(env: Record<string, string | undefined>): Raw {
  return Object.fromEntries(Object.keys(defaults).flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

function readSettingsFile(path: string): Raw {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  const parsed: unknown = (() => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new UserError(
        'bad-setting',
        `${path} is not valid JSON: ${String(error)}.`,
        `Mend or remove ${path}.`,
      );
    }
  })();
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Raw;
  throw new UserError('bad-setting', `${path} does not hold a JSON object.`, `Mend or remove ${path}.`);
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}
