import { type Buildpack, type Context, evidence, nothingToRun, weight } from '../buildpack.ts';
import { importedDistributions } from './distributions.ts';
import { type Program, readProgram } from './entry.ts';
import { type Project, readProject } from './project.ts';
import { serverNames } from './runners.ts';
import { pythonPlan } from './stages.ts';
import { findStart, type Start } from './start.ts';
import { pythonVersion } from './version.ts';

/** Python: Django, WSGI and ASGI apps found in the code, notebooks turned apps (Streamlit …), scripts and workers. */
export const python: Buildpack = {
  stack: 'python',

  detect(ctx) {
    if (!hasPython(ctx)) return null;
    const project = readProject(ctx);
    const program = readProgram(ctx);
    const start = given(ctx, project, program) ?? findStart(ctx, project, program);
    const reasons = [];
    if (project.manifest !== null)
      reasons.push(evidence(project.manifest, 'manifest', project.manager, weight.manifest));
    else if (ctx.tree.in('').some((name) => name.endsWith('.py')))
      reasons.push(evidence('*.py', 'sources', 'Python', weight.sources));
    if (start !== null) {
      if (start.django !== null) reasons.push(evidence(start.file, 'skeleton', 'django', weight.skeleton));
      else {
        if (start.serves)
          reasons.push(evidence(start.file, 'framework', start.framework ?? 'serves', weight.framework));
        reasons.push(evidence(start.file, 'entry', start.command, weight.entry));
      }
    } else if (isLibrary(ctx, project))
      reasons.push(
        evidence(project.manifest ?? 'setup.py', 'library', 'a package without an app', weight.entry),
      );
    if (reasons.length === 0) return null;
    return { role: start === null && !isLibrary(ctx, project) ? 'tools' : 'server', evidence: reasons };
  },

  plan(ctx) {
    const project = readProject(ctx);
    const program = readProgram(ctx);
    const start = given(ctx, project, program) ?? findStart(ctx, project, program);
    if (start === null) throw nothing(ctx, project);
    const { version, warnings } = pythonVersion(ctx, project);
    if (version.value.startsWith('2.')) {
      throw nothingToRun(
        `${version.source} asks for Python ${version.value}, which has had no fixes since 2020 and cannot be built.`,
        'Move the app to Python 3, or add a Dockerfile.',
        project.manifest,
      );
    }
    const bare = project.manifest === null ? withoutManifest(project, program) : project;
    return pythonPlan(ctx, bare, start, version, warnings);
  },
};

/** What the code imports stands in for the manifest, as far as it is known for sure. */
function withoutManifest(project: Project, program: Program): Project {
  const written = importedDistributions(program);
  if (written.length === 0) return project;
  const message = `No manifest says what to install; the code imports ${written.join(', ')}. Commit a requirements.txt to fix their versions and name the others.`;
  return {
    ...project,
    written,
    names: new Set([...project.names, ...written]),
    warnings: [...project.warnings, { code: 'no-manifest', message }],
  };
}

function hasPython(ctx: Context): boolean {
  return (
    ctx.tree.first(
      'requirements.txt',
      'pyproject.toml',
      'Pipfile',
      'setup.py',
      'setup.cfg',
      'manage.py',
      'uv.lock',
      'poetry.lock',
      'pdm.lock',
      'runtime.txt',
      '.python-version',
      'environment.yml',
    ) !== null || ctx.tree.withExtension('.py').length > 0
  );
}

/** The settings' or the Procfile's command, with what it needs: its server when no manifest asks for it. */
function given(ctx: Context, project: Project, program: Program): Start | null {
  const web = ctx.settings.start ?? ctx.procfile.web ?? null;
  const command = web ?? Object.values(ctx.procfile)[0] ?? null;
  if (command === null) return null;
  let found: Start | null = null;
  try {
    found = findStart(ctx, project, program);
  } catch {
    // The given command decides; what the code says is only asked for its framework.
  }
  // A Procfile of workers only: what the code serves is still the web process.
  if (web === null && found?.serves === true && found.command !== command) return found;
  const servers = ['gunicorn', 'uvicorn', 'hypercorn', 'daphne', 'waitress', 'granian', 'uwsgi'];
  const used = servers.filter(
    (name) => new RegExp(`(?:^|\\s|/)${name}(?:-serve)?\\s`).test(command) && !project.names.has(name),
  );
  if (/uvicorn\.workers/.test(command) && !project.names.has('uvicorn')) used.push('uvicorn');
  return {
    framework: found?.framework ?? null,
    serves: found?.serves ?? true,
    file: found?.file ?? 'Procfile',
    command,
    adds: [...new Set(used)],
    env: found?.env ?? {},
    django: found?.django ?? null,
    web: web !== null,
    processes: found?.processes ?? {},
    warnings: [],
  };
}

/** A package for others: it is built to be installed, and holds nothing that runs. */
function isLibrary(ctx: Context, project: Project): boolean {
  const packaged =
    project.pyproject['build-system'] !== undefined || ctx.tree.has('setup.py') || ctx.tree.has('setup.cfg');
  return packaged && !serverNames.some((name) => project.names.has(name) && name === 'gunicorn');
}

function nothing(ctx: Context, project: Project) {
  if (isLibrary(ctx, project)) {
    return nothingToRun(
      'This is a Python package for others: it holds no app, no script and no __main__.py that runs.',
      'Name what to start: start = "…" in landfall.toml.',
      project.manifest,
    );
  }
  return nothingToRun(
    'This is a Python project, but no app object (FastAPI(…), Flask(…) …), no manage.py and no main.py was found.',
    'Name what to start: start = "python file.py" in landfall.toml, or a web line in a Procfile.',
    project.manifest,
  );
}
