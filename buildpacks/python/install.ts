import type { CacheMount, Context, Step } from '../buildpack.ts';
import type { Project } from './project.ts';
import type { Start } from './start.ts';

const pip: CacheMount = { id: 'pip', target: '/root/.cache/pip' };

const uv: CacheMount = { id: 'uv', target: '/root/.cache/uv' };

/** pdm.lock as requirements with hashes; pip brings a TOML reader for Pythons that have none. */
const readPdmLock = [
  'try:',
  '    import tomllib',
  'except ImportError:',
  '    from pip._vendor import tomli as tomllib',
  'with open("pdm.lock", "rb") as file:',
  '    packages = tomllib.load(file)["package"]',
  'wanted = [one for one in packages if "default" in one.get("groups", ["default"]) and not one.get("extras")]',
  'hashed = all(one.get("files") for one in wanted)',
  'for one in wanted:',
  '    line = one["name"] + "==" + one["version"]',
  '    if one.get("git"):',
  '        line = one["name"] + " @ git+" + one["git"] + "@" + one.get("revision", one.get("ref", "HEAD"))',
  '    if one.get("marker"):',
  '        line += " ; " + one["marker"]',
  '    if hashed:',
  '        line += "".join(" --hash=" + file["hash"] for file in one["files"])',
  '    print(line)',
];

/** The layer of packages: only manifests decide whether it is made again. */
export function dependencies(ctx: Context, project: Project, start: Start): Step[] {
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
        {
          do: 'write',
          path: '/tmp/locked.py',
          lines: readPdmLock,
          why: 'What the lock file of PDM says, for pip: PDM itself is not needed.',
        },
        run(
          [venv, 'python3 /tmp/locked.py > /tmp/locked.txt', 'pip install -r /tmp/locked.txt', ...extra],
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
        why: project.manifest === null ? 'What the code imports.' : `What ${project.manifest} asks for.`,
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
export function installProject(ctx: Context, project: Project): Step[] {
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
