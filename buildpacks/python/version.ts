import type { Context } from '../buildpack.ts';
import { record, text } from '../lib/json.ts';
import { languages } from '../lib/languages.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { resolveVersion, type VersionRequest } from '../lib/versions.ts';
import type { Project } from './project.ts';

/** The Python of an app: setting, version files, then the manifests' constraint. */
export function pythonVersion(ctx: Context, project: Project) {
  const { tree } = ctx;
  const asked = (value: string | null, source: string): VersionRequest | null =>
    value === null ? null : { value, source };
  const pipfile = tree.has('Pipfile') ? record(record(tree.toml('Pipfile') ?? {}).requires) : {};
  const poetry = record(record(record(project.pyproject.tool).poetry).dependencies);
  const lock =
    project.lock === 'uv.lock'
      ? (/^requires-python = "([^"]+)"/m.exec(tree.read('uv.lock')?.slice(0, 2000) ?? '')?.[1] ?? null)
      : null;
  return resolveVersion(languages.python, [
    asked(ctx.settings.version, 'landfall.toml version'),
    versionFile(tree, '.python-version'),
    runtimeTxt(versionFile(tree, 'runtime.txt')),
    toolVersion(tree, 'python'),
    asked(text(pipfile.python_full_version), 'Pipfile python_full_version'),
    asked(text(pipfile.python_version), 'Pipfile python_version'),
    asked(text(record(project.pyproject.project)['requires-python']), 'pyproject.toml requires-python'),
    asked(text(poetry.python) ?? text(record(poetry.python).version), 'pyproject.toml tool.poetry python'),
    asked(lock, 'uv.lock requires-python'),
    asked(setupRequires(tree.read('setup.py') ?? tree.read('setup.cfg') ?? ''), 'setup.py python_requires'),
  ]);
}

/** Heroku's form: `python-3.12.4`. */
function runtimeTxt(request: VersionRequest | null): VersionRequest | null {
  return request === null || !/^python/i.test(request.value) ? null : request;
}

function setupRequires(source: string): string | null {
  return /python_requires\s*=\s*["']?([<>=!~^\d.,\s*]+)/.exec(source)?.[1]?.trim() ?? null;
}
