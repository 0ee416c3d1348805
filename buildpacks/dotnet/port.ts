import { posix } from 'node:path';
import type { Warning } from '../buildpack.ts';
import { record, text } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';
import type { Project } from './project.ts';

/** The port that configuration or code fixes against ASPNETCORE_URLS; null when it follows. */
export function fixedPort(repo: Tree, project: Project): { port: number | null; warnings: Warning[] } {
  const dir = posix.dirname(project.path);
  const names = repo.in(dir === '.' ? '' : dir);
  for (const name of ['appsettings.Production.json', 'appsettings.json']) {
    if (!names.includes(name)) continue;
    const settings = record(repo.json(posix.join(dir, name)) ?? {});
    const endpoints = Object.values(
      record(record(settings.Kestrel).Endpoints ?? record(settings.Kestrel).EndPoints),
    ).map((one) => text(record(one).Url));
    for (const url of [...endpoints, ...(text(settings.Urls) ?? text(settings.urls) ?? '').split(';')]) {
      const found = address(url);
      if (found !== null) return tell(found, posix.join(dir, name));
    }
  }
  for (const name of names.filter((one) => /^(Program|Startup)\.(cs|fs)$/.test(one))) {
    const code = (repo.read(posix.join(dir, name)) ?? '').replace(
      /\/\/[^\n]*/g,
      (comment, at: number, all: string) => (all[at - 1] === ':' ? comment : ''),
    );
    if (/["']PORT["']/.test(code)) return { port: null, warnings: [] };
    const url = /\b(?:UseUrls|Urls\.Add|\.Run|RunAsync)\s*\(\s*\$?"(http:\/\/[^"{]+)"/.exec(code)?.[1];
    const found = address(url ?? null);
    if (found !== null) return tell(found, posix.join(dir, name));
    const listen = /\bListen(AnyIP|Localhost)\s*\(\s*(\d+)/.exec(code);
    if (listen !== null)
      return tell({ port: Number(listen[2]), local: listen[1] === 'Localhost' }, posix.join(dir, name));
  }
  return { port: null, warnings: [] };
}

function address(url: string | null): { port: number; local: boolean } | null {
  const [, host = '', port] = /^http:\/\/([^:/]+|\[[^\]]*\]):(\d+)/.exec(url?.trim() ?? '') ?? [];
  return port === undefined ? null : { port: Number(port), local: /^(localhost|127\.|\[::1\])/.test(host) };
}

function tell(
  { port, local }: { port: number; local: boolean },
  file: string,
): { port: number; warnings: Warning[] } {
  const warnings: Warning[] = [
    {
      code: 'port-not-read',
      message: `${file} fixes port ${port}, whatever PORT says: the app is expected there.`,
    },
  ];
  if (local)
    warnings.push({
      code: 'listens-locally',
      message: `${file} listens on localhost only, where the proxy cannot reach it: use http://0.0.0.0:${port}.`,
    });
  return { port, warnings };
}
