import { assetStage, buildScript } from '../assets.ts';
import type { CacheMount, Context, StackPlan, Stage, Step, Version, Warning } from '../buildpack.ts';
import { apt } from '../lib/apt.ts';
import { images } from '../lib/images.ts';
import { readPackage } from '../node/package.ts';
import type { Project } from './project.ts';
import type { Start } from './start.ts';
import { systemNeeds } from './system.ts';

const pip: CacheMount = { id: 'pip', target: '/root/.cache/pip' };
const uv: CacheMount = { id: 'uv', target: '/root/.cache/uv' };

/** The plan of a Python app: its packages in /venv made in the build image, then the slim image with them and the source. */
export function pythonPlan(
  ctx: Context,
  project: Project,
  start: Start,
  version: Version,
  warnings: readonly Warning[],
): StackPlan {
  const needs = systemNeeds(project.names);
  const installs = project.manifest !== null || start.adds.length > 0;
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
    start: start.command,
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

/** The layer of packages: only manifests decide whether it is made again. */
function dependencies(ctx: Context, project: Project, start: Start): Step[] {
  const venv = 'python3 -m venv /venv';
  const extra = start.adds.length === 0 ? [] : [`pip install ${start.adds.join(' ')}`];
  const added =
    start.adds.length === 0 ? '' : ` ${start.adds.join(' ')} is added: the manifests ask for no server.`;
  const manifest = (...files: (string | null)[]): Step[] => {
    const present = files.filter((file) => file !== null).filter((file) => ctx.tree.has(file));
    return project.needsSource || present.length === 0
      ? []
      : [
          {
            do: 'copy',
            paths: present.map((file) => ctx.at(file)),
            to: './',
            why: 'The manifests first: an edit of the source installs nothing again.',
          },
        ];
  };
  const run = (commands: readonly string[], caches: readonly CacheMount[], why?: string): Step => ({
    do: 'run',
    network: true,
    caches,
    commands,
    ...(why === undefined || why.trim() === '' ? {} : { why: why.trim() }),
  });
  const haveUv = 'if ! command -v uv >/dev/null; then pip install uv; fi';
  switch (project.manager) {
    case 'uv': {
      const env: Step = {
        do: 'env',
        values: {
          UV_PROJECT_ENVIRONMENT: '/venv',
          UV_LINK_MODE: 'copy',
          UV_PYTHON_DOWNLOADS: 'never',
          UV_COMPILE_BYTECODE: '1',
        },
      };
      if (project.lock === null) {
        const source = project.written.length > 0 || !project.installable ? '-r pyproject.toml' : '.';
        return [
          env,
          ...manifest('pyproject.toml'),
          run(
            [venv, haveUv, `uv pip install ${source}`, ...extra.map((line) => `uv ${line}`)],
            [uv, pip],
            added,
          ),
        ];
      }
      return [
        env,
        ...manifest('pyproject.toml', 'uv.lock', '.python-version'),
        run(
          [
            venv,
            haveUv,
            `uv sync --locked --no-dev --no-install-project${start.adds.length === 0 ? '' : ' --inexact'}`,
            ...extra.map((line) => `uv ${line}`),
          ],
          [uv, pip],
          added,
        ),
      ];
    }
    case 'poetry':
      if (project.lock === null) break;
      return [
        ...manifest('pyproject.toml', 'poetry.lock'),
        run(
          ['python3 -m venv /opt/poetry', '/opt/poetry/bin/pip install poetry poetry-plugin-export'],
          [pip],
          'Poetry only reads its lock file here: pip installs what it says.',
        ),
        run(
          [
            venv,
            `/opt/poetry/bin/poetry export --only main${project.git ? ' --without-hashes' : ''} -f requirements.txt -o /tmp/locked.txt`,
            'pip install -r /tmp/locked.txt',
            ...extra,
          ],
          [pip],
          added,
        ),
      ];
    case 'pdm':
      if (project.lock === null) break;
      return [
        ...manifest('pyproject.toml', 'pdm.lock'),
        run(
          ['python3 -m venv /opt/pdm', '/opt/pdm/bin/pip install pdm'],
          [pip],
          'PDM only reads its lock file here: pip installs what it says.',
        ),
        run(
          [
            venv,
            '/opt/pdm/bin/pdm export --prod -f requirements -o /tmp/locked.txt',
            'pip install -r /tmp/locked.txt',
            ...extra,
          ],
          [pip],
          added,
        ),
      ];
    case 'pipenv':
      return [
        ...manifest('Pipfile', 'Pipfile.lock'),
        run(
          ['python3 -m venv /opt/pipenv', '/opt/pipenv/bin/pip install pipenv'],
          [pip],
          'Pipenv only reads its lock file here: pip installs what it says.',
        ),
        project.lock === null
          ? run(
              [
                venv,
                '/opt/pipenv/bin/pipenv lock --clear',
                '/opt/pipenv/bin/pipenv requirements > /tmp/locked.txt',
                'pip install -r /tmp/locked.txt',
                ...extra,
              ],
              [pip],
              added,
            )
          : run(
              [
                venv,
                '/opt/pipenv/bin/pipenv requirements > /tmp/locked.txt',
                'pip install -r /tmp/locked.txt',
                ...extra,
              ],
              [pip],
              added,
            ),
      ];
    case 'pip':
      break;
  }
  if (project.requirements !== null) {
    const files = project.requirements.files;
    const [file = 'requirements.txt'] = files;
    const folders = [
      ...new Set(files.map((one) => (one.includes('/') ? one.slice(0, one.lastIndexOf('/')) : ''))),
    ];
    const copies: Step[] = project.needsSource
      ? []
      : folders.map((folder, index) => ({
          do: 'copy',
          paths: files
            .filter((one) => (one.includes('/') ? one.slice(0, one.lastIndexOf('/')) : '') === folder)
            .map((one) => ctx.at(one)),
          to: folder === '' ? './' : `./${folder}/`,
          ...(index === 0
            ? { why: 'The manifests first: an edit of the source installs nothing again.' }
            : {}),
        }));
    return [
      ...copies,
      run(
        [venv, `pip install -r ${file}${start.adds.length === 0 ? '' : ` ${start.adds.join(' ')}`}`],
        [pip],
        added,
      ),
    ];
  }
  if (project.written.length > 0) {
    return [
      {
        do: 'write',
        path: '/tmp/requirements.txt',
        lines: project.written,
        why: 'What pyproject.toml asks for.',
      },
      run(
        [
          venv,
          `pip install -r /tmp/requirements.txt${start.adds.length === 0 ? '' : ` ${start.adds.join(' ')}`}`,
        ],
        [pip],
        added,
      ),
    ];
  }
  return [run([venv, ...extra], [pip], added)];
}

/** The project itself, where it is a package that is imported by its name. */
function installProject(ctx: Context, project: Project): Step[] {
  if (project.manager === 'uv' && project.lock !== null) {
    return [
      {
        do: 'run',
        network: true,
        caches: [uv],
        commands: ['uv sync --locked --no-dev --no-editable --inexact'],
        why: 'The project itself.',
      },
    ];
  }
  const src = ctx.tree.hasFolder('src') || project.needsSource || Object.keys(project.scripts).length > 0;
  if (!src && project.manager !== 'pip') return [];
  return [
    {
      do: 'run',
      network: true,
      caches: [pip],
      commands: [
        `pip install ${project.manifest === 'setup.py' || project.manifest === 'setup.cfg' ? '' : '--no-deps '}.`,
      ],
      why: 'The project itself.',
    },
  ];
}

/** Django's static files. Settings that need variables of the server must not stop the build: they are said instead. */
function collectStatic(start: Start): Step | null {
  if (start.django === null || !start.django.collects) return null;
  const at = start.django.root === '' ? '' : `cd ${start.django.root} && `;
  const settings = start.env.DJANGO_SETTINGS_MODULE;
  return {
    do: 'run',
    why: 'STATIC_ROOT is set: its files belong into the image.',
    commands: [
      `(${at}${settings === undefined ? '' : `DJANGO_SETTINGS_MODULE=${settings} `}SECRET_KEY=only-for-the-build DJANGO_SECRET_KEY=only-for-the-build python manage.py collectstatic --noinput || echo "collectstatic failed: the settings need variables that the build does not have")`,
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
