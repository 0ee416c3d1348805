import type { BaseImage, StackPlan, Stage, Step } from '../../buildpacks/buildpack.ts';

/** The port that an app is told to listen on, unless its settings say another. */
export const defaultPort = 5000;

const bundle = '/etc/ssl/certs/ca-certificates.crt';
/** Every client trusts another variable; the file is absent where the server passes none, and then none is set. */
const trust = `ca=${bundle}; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi`;

export interface RenderOptions {
  /** First lines: what it is and why. */
  title: readonly string[];
  start: string | null;
  port: number;
}

/**
 * The Dockerfile of a plan: same plan, same bytes. It uses only what the frontend built into engine 20.10 knows (no
 * heredoc, no `# syntax`, no `COPY --link`), runs as 1000:1000, and builds anywhere: each base is an ARG.
 */
export function renderDockerfile(plan: StackPlan, options: RenderOptions): string {
  const images = baseImages(plan);
  const blocks = [
    options.title.map((line) => `# ${line}`.trimEnd()),
    images.length === 0
      ? []
      : [
          '# A server without registry passes its own images for these, and its authorities as the secret ca.',
          ...images.map((image) => `ARG ${image.arg}=${image.official}`),
        ],
    ...plan.stages.map((stage, index) =>
      renderStage(stage, index === plan.stages.length - 1 ? renderEnd(plan, options) : []),
    ),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** The base images, once each, in order of use. */
export function baseImages(plan: StackPlan): BaseImage[] {
  const images = new Map<string, BaseImage>();
  for (const stage of plan.stages) if (typeof stage.from !== 'string') images.set(stage.from.arg, stage.from);
  return [...images.values()];
}

function renderStage(stage: Stage, end: readonly string[]): string[] {
  const from = typeof stage.from === 'string' ? stage.from : `\${${stage.from.arg}}`;
  return [...comment(stage.why), `FROM ${from} AS ${stage.name}`, ...stage.steps.flatMap(renderStep), ...end];
}

function renderStep(step: Step): string[] {
  const why = comment(step.why);
  switch (step.do) {
    case 'workdir':
      return [...why, `WORKDIR ${step.path}`];
    case 'env':
      return [
        ...why,
        `ENV ${Object.entries(step.values)
          .map(([name, value]) => `${name}=${quoteEnv(value)}`)
          .join(' ')}`,
      ];
    case 'copy': {
      const flags = [
        step.from === undefined ? '' : `--from=${step.from} `,
        step.owned === true ? '--chown=1000:1000 ' : '',
      ].join('');
      const words = [...step.paths, step.to];
      const list = words.some((word) => /\s/.test(word)) ? JSON.stringify(words) : words.join(' ');
      return [...why, `COPY ${flags}${list}`];
    }
    case 'run': {
      const mounts = [
        ...(step.caches ?? []).map(
          (cache) =>
            `--mount=type=cache,id=${cache.id},target=${cache.target}${cache.sharing === undefined ? '' : `,sharing=${cache.sharing}`}`,
        ),
        ...(step.network === true ? [`--mount=type=secret,id=ca,target=${bundle}`] : []),
        ...(step.javaNetwork === true
          ? ['--mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts']
          : []),
      ];
      const prefix = step.network === true ? [trust] : [];
      const commands = [...prefix, ...step.commands]
        .join(' \\\n && ')
        .replace('; fi \\\n && ', '; fi; \\\n    ');
      return [...why, `RUN ${[...mounts, commands].join(' \\\n    ')}`];
    }
    case 'write': {
      const folder = step.path.slice(0, step.path.lastIndexOf('/')) || '/';
      const lines = step.lines.map((line) => `      ${quoteShell(line)} \\`);
      return [...why, `RUN mkdir -p ${folder} && printf '%s\\n' \\`, ...lines, `      > ${step.path}`];
    }
  }
}

function renderEnd(plan: StackPlan, options: RenderOptions): string[] {
  const writable = plan.writable ?? [];
  const argv =
    plan.command ?? (options.start === null ? null : commandArgv(options.start, plan.shellless === true));
  return [
    ...(writable.length === 0
      ? []
      : [
          '# The only folders that the running app needs to write to.',
          `RUN mkdir -p ${writable.join(' ')} && chown 1000:1000 ${writable.join(' ')}`,
        ]),
    `ENV PORT=${options.port} HOME=/tmp${portEnv(plan, options.port)}`,
    `EXPOSE ${options.port}`,
    'USER 1000:1000',
    ...(argv === null ? [] : ['ENTRYPOINT []', `CMD ${JSON.stringify(argv)}`]),
  ];
}

function portEnv(plan: StackPlan, port: number): string {
  return Object.entries(plan.portEnv ?? {})
    .map(([name, value]) => ` ${name}=${quoteEnv(value.replaceAll('$PORT', String(port)))}`)
    .join('');
}

/** A command line as argv: plain words as they are, all else through `sh -c`, with exec so that SIGTERM arrives. */
export function commandArgv(command: string, shellless = false): string[] {
  const plain =
    /^[\w@%+:,./-]+(?:=[\w@%+:,./-]*)?(?: +[\w@%+:,./=-]+)*$/.test(command) && !/^\w+=/.test(command);
  if (plain || shellless) return command.trim().split(/ +/);
  return ['sh', '-c', withExec(command)];
}

/** Puts `exec` before the last command of a simple line or `&&` chain; leaves what is more than that alone. */
export function withExec(command: string): string {
  const parts = command.split(/\s*&&\s*/);
  const last = parts.pop() ?? '';
  if (
    /[;|&\n(){}]|^(exec|cd|if|for|while|source|\.|set|export|trap)\b/.test(
      last.replace(/\$\{[^{}]*\}|\$\([^()]*\)/g, '').replace(/'[^']*'|"[^"]*"/g, ''),
    )
  )
    return command;
  const assigned = /^(?:\w+=\S*\s+)+\S/.test(last);
  return [...parts, `exec ${assigned ? 'env ' : ''}${last}`].join(' && ');
}

function comment(why: string | undefined): string[] {
  return why === undefined || why === '' ? [] : why.split('\n').map((line) => `# ${line}`);
}

function quoteEnv(value: string): string {
  return /^[\w@%+:,./-]+$/.test(value) || /^[\w/:$.-]+$/.test(value)
    ? value
    : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

export function quoteShell(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** What never belongs into an image: history, dependencies of the working copy, secrets, what editors leave behind. */
const ignored = [
  '.git',
  '.github',
  '.gitlab',
  '**/node_modules',
  '**/.venv',
  '**/venv',
  '**/__pycache__',
  '**/*.pyc',
  '**/.DS_Store',
  '**/.env.local',
  '**/.env.*.local',
  '.vscode',
  '.idea',
  'Dockerfile*',
  '.dockerignore',
  'docker-compose*',
  'npm-debug.log*',
];

/** The .dockerignore of a plan: the usual, the user's own, then what the stack adds or keeps. */
export function renderIgnore(plan: StackPlan, own: string | null): string {
  const mine =
    own === null
      ? []
      : own
          .split(/\r?\n/)
          .map((line) => line.trimEnd())
          .filter((line) => line !== '');
  return [
    '# Made by Landfall: what does not belong into the image.',
    ...ignored,
    ...(mine.length === 0 ? [] : ["# From the repository's own .dockerignore.", ...mine]),
    ...((plan.ignore ?? []).length === 0 ? [] : ['# For this stack.', ...(plan.ignore ?? [])]),
    '',
  ].join('\n');
}
