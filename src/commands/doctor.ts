import { lookup } from 'node:dns/promises';
import { Type } from '@sinclair/typebox';
import { toFailure } from '../errors.ts';
import { command, type Tools, value } from './command.ts';

interface Finding {
  what: string;
  ok: boolean;
  found: string;
  /** What to do; null when all is well. */
  hint: string | null;
}

const doctor = command({
  name: 'doctor',
  summary: 'What is wrong on this server and what to do: Docker, disk, ports, proxy, DNS, apps',
  right: 'admin',
  scope: 'server',
  method: 'GET',
  path: '/doctor',
  input: Type.Object({}),
  async run({ tools }) {
    const findings = await Promise.all(
      [docker(tools), disk(tools), proxy(tools), dns(tools), apps(tools)].map(guard),
    );
    const lines = findings.flatMap((one) => [
      `${one.ok ? 'ok ' : 'BAD'}  ${one.what.padEnd(8)} ${one.found}`,
      ...(one.hint ? [`     → ${one.hint}`] : []),
    ]);
    const bad = findings.filter((one) => !one.ok).length;
    return value({ ok: bad === 0, findings }, ...lines, bad === 0 ? 'All is well.' : `${bad} to mend.`);
  },
});

async function docker({ engine }: Tools): Promise<Finding> {
  const { version, apiVersion } = await engine.ping();
  return { what: 'docker', ok: true, found: `engine ${version}, API ${apiVersion}`, hint: null };
}

async function disk({ engine, settings }: Tools): Promise<Finding> {
  const { freeBytes, totalBytes } = await engine.disk();
  const ok = freeBytes >= settings.minFreeBytes;
  const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  return {
    what: 'disk',
    ok,
    found: `${gb(freeBytes)} of ${gb(totalBytes)} free`,
    hint: ok
      ? null
      : 'Remove what is not needed: old images of others (docker image ls), logs, backups. Below this no build begins.',
  };
}

async function proxy({ proxy: driver, settings }: Tools): Promise<Finding> {
  const { version } = await driver.ping();
  return { what: 'proxy', ok: true, found: `HAProxy ${version} on port ${settings.httpPort}`, hint: null };
}

/** Apps are reached by name: a name that can't be resolved is the first thing a newcomer meets. */
async function dns({ settings }: Tools): Promise<Finding> {
  const host = `check.${settings.domain}`;
  try {
    const { address } = await lookup(host);
    return { what: 'dns', ok: true, found: `${host} is ${address}`, hint: null };
  } catch {
    const hint =
      settings.domain === 'localhost'
        ? 'Browsers and curl know *.localhost by themselves; git does too with a recent curl. Other programs: add the names to /etc/hosts.'
        : `Make a wildcard record *.${settings.domain} that points at this server.`;
    return { what: 'dns', ok: settings.domain === 'localhost', found: `${host} has no address here`, hint };
  }
}

async function apps({ store, engine }: Tools): Promise<Finding> {
  const instances = await engine.instances();
  const ill = instances.filter((one) => one.state === 'restarting' || one.restarts > 5);
  const names = [...new Set(ill.map((one) => store.apps.find(one.group.appId)?.name ?? one.group.appId))];
  return {
    what: 'apps',
    ok: names.length === 0,
    found:
      names.length === 0
        ? `${store.apps.all().length} apps, ${instances.length} instances`
        : `crashing again and again: ${names.join(', ')}`,
    hint:
      names.length === 0
        ? null
        : `See why: landfall logs ${names[0]}. Go back: landfall rollback ${names[0]}`,
  };
}

async function guard(finding: Promise<Finding>, index: number): Promise<Finding> {
  try {
    return await finding;
  } catch (error) {
    const { message, hint } = toFailure(error, 'doctor');
    return { what: ['docker', 'disk', 'proxy', 'dns', 'apps'][index] ?? '', ok: false, found: message, hint };
  }
}

export const doctorCommands = [doctor];
