import { assetStage, buildScript } from '../assets.ts';
import type { Context, StackPlan, Stage, Step, Version, Warning } from '../buildpack.ts';
import { apt } from '../lib/apt.ts';
import { images } from '../lib/images.ts';
import { readPackage } from '../node/package.ts';
import { dependencies, installProject } from './install.ts';
import type { Project } from './project.ts';
import type { Start } from './start.ts';
import { systemNeeds } from './system.ts';

/** The plan of a Python app: its packages in /venv made in the build image, then the slim image with them and the source. */
export function pythonPlan(
  ctx: Context,
  project: Project,
  start: Start,
  version: Version,
  warnings: readonly Warning[],
): StackPlan {
  const needs = systemNeeds(project.names);
  const installs = project.manifest !== null || start.adds.length > 0 || project.written.length > 0;
  const collect = collectStatic(start);
  const assets = nodeAssets(ctx, start);
  const whole: Step = { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' };
  const late = project.installable ? installProject(ctx, project) : [];
  const inBuild = collect !== null || assets !== null;
  const build: Stage = {
    name: 'build',
    from: images.pythonBuild(version.value),
    why: 'The packages, in a virtual environment that moves to the runtime image as it is.',
    steps: [
      { do: 'workdir', path: '/app' },
      {
        do: 'env',
        values: {
          VIRTUAL_ENV: '/venv',
          PATH: '/venv/bin:$PATH',
          PYTHONDONTWRITEBYTECODE: '1',
          PIP_DISABLE_PIP_VERSION_CHECK: '1',
          PIP_ROOT_USER_ACTION: 'ignore',
        },
      },
      ...(needs.build.length === 0 ? [] : [apt(needs.build, 'Headers that the packages are compiled with.')]),
      ...(project.needsSource
        ? [{ ...whole, why: 'The packages include some of the repository itself.' }]
        : []),
      ...dependencies(ctx, project, start),
      ...(late.length > 0 || inBuild ? (project.needsSource ? [] : [whole]) : []),
      ...late,
      ...(assets === null ? [] : [assets.copy]),
      ...(collect === null ? [] : [collect]),
    ],
  };
  const runtime: Stage = {
    name: 'runtime',
    from: images.python(version.value),
    why: 'What runs: the packages and the source.',
    steps: [
      { do: 'workdir', path: '/app' },
      {
        do: 'env',
        values: {
          PATH: '/venv/bin:$PATH',
          VIRTUAL_ENV: '/venv',
          PYTHONUNBUFFERED: '1',
          PYTHONDONTWRITEBYTECODE: '1',
          FORWARDED_ALLOW_IPS: '*',
          ...start.env,
        },
      },
      ...(needs.run.length === 0 ? [] : [apt(needs.run, 'Libraries and programs that the packages need.')]),
      ...(installs ? [{ do: 'copy', from: 'build', paths: ['/venv'], to: '/venv' } as const] : []),
      inBuild
        ? { do: 'copy', from: 'build', paths: ['/app/'], to: './', owned: true }
        : { ...whole, owned: true },
      {
        do: 'run',
        commands: [
          'chown 1000:1000 /app',
          ...(installs
            ? []
            : [
                'if ! command -v python >/dev/null; then ln -s "$(command -v python3)" /usr/local/bin/python; fi',
              ]),
        ],
      },
    ],
  };
  return {
    framework: start.framework,
    packageManager: project.manifest === null ? null : project.manager,
    version,
    static: false,
    start: start.web === false ? null : start.command,
    processes: start.processes,
    stages: [...(assets === null ? [] : [assets.stage]), ...(installs || inBuild ? [build] : []), runtime],
    warnings: [
      ...project.warnings,
      ...warnings,
      ...start.warnings,
      ...(assets?.warnings ?? []),
      ...start.adds.map((name) => ({
        code: 'server-added',
        message: `${name} is installed to serve the app: no manifest asks for it. Add it to ${project.manifest ?? 'requirements.txt'} to fix its version.`,
      })),
    ],
  };
}

/** Django's static files. Settings that need variables of the server must not stop the build: they are said instead. */
function collectStatic(start: Start): Step | null {
  if (start.django === null || !start.django.collects) return null;
  const at = start.django.root === '' ? '' : `cd ${start.django.root} && `;
  const settings = start.django.served;
  return {
    do: 'run',
    why: 'STATIC_ROOT is set: its files belong into the image.',
    commands: [
      `(${at}${settings === null ? '' : `DJANGO_SETTINGS_MODULE=${settings} `}SECRET_KEY=only-for-the-build DJANGO_SECRET_KEY=only-for-the-build python manage.py collectstatic --noinput || echo "collectstatic failed: the settings need variables that the build does not have")`,
    ],
  };
}

/** A package.json beside a web app whose script builds styles or scripts for it. */
function nodeAssets(ctx: Context, start: Start) {
  if (!start.serves || !ctx.tree.has('package.json')) return null;
  const pkg = readPackage(ctx.tree);
  const script = pkg === null ? null : buildScript(pkg);
  if (script === null) return null;
  return assetStage(ctx, {
    folder: '',
    script,
    whole: true,
    why: 'Styles and scripts of the pages, built by Node.',
  });
}
