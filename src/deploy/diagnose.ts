import { UserError } from '../errors.ts';

/** What was seen of a new instance that did not come up. */
export interface BootFacts {
  port: number;
  healthPath: string;
  bootSeconds: number;
  /** What the process is, as the person knows it. */
  process: string;
  command: string | null;
  exitCode: number | null;
  outOfMemory: boolean;
  memoryBytes: number;
  /** Where it listens inside its network. */
  listeners: readonly { address: string; port: number }[];
  /** The last answer's status, when it answered at all. */
  status: number | null;
  /** It accepted a connection but said nothing. */
  silent: boolean;
  /** Its last lines. */
  output: readonly string[];
}

/** Pure: the cause and the next step, in the words of the person who has to act. */
export function diagnoseBoot(facts: BootFacts): UserError {
  const { port, process } = facts;
  if (facts.outOfMemory)
    return new UserError(
      'out-of-memory',
      `${process} was killed: it needed more than its ${Math.round(facts.memoryBytes / 1048576)} MB of memory to start.`,
      'Let it use less memory at the start, for example fewer workers.',
    );
  if (facts.exitCode !== null) return diagnoseCrash(facts);
  if (facts.status !== null && facts.status >= 500)
    return new UserError(
      'http-5xx',
      `${process} answers GET ${facts.healthPath} with ${facts.status}.`,
      'Mend what its last lines name, or name another path in landfall.toml: health = "/up"',
    );
  if (facts.silent)
    return new UserError(
      'never-listened',
      `${process} accepts connections on port ${port} but did not answer GET ${facts.healthPath} within ${facts.bootSeconds} s.`,
      'Look at what the app does before its first answer; more time can be given in landfall.toml: boot_seconds = 120',
    );
  const loopback = facts.listeners.find((one) => one.port === port && isLoopback(one.address));
  if (loopback)
    return new UserError(
      'loopback-only',
      `${process} listens on ${bracket(loopback.address)}:${port}, where only itself can reach it.`,
      'Let it listen on 0.0.0.0 (all addresses) instead of localhost.',
    );
  const others = facts.listeners.filter((one) => one.port !== port);
  if (others.length > 0) {
    const where = others.map((one) => `${bracket(one.address)}:${one.port}`).join(', ');
    return new UserError(
      'wrong-port',
      `${process} listens on ${where}, but must listen on port ${port}.`,
      `Let it use the port in the environment variable PORT (it is ${port}) instead of ${others[0]?.port}.`,
    );
  }
  return new UserError(
    'never-listened',
    `${process} runs but did not listen on port ${port} within ${facts.bootSeconds} s.`,
    'Start a server on the port in PORT; if it serves nothing over HTTP, name the process worker instead of web in a Procfile.',
  );
}

function diagnoseCrash(facts: BootFacts): UserError {
  const cause = crashCause(facts);
  const lines = facts.output.filter((line) => line.trim() !== '');
  // Node ends with its version, a stack with its outermost frame: the line that names an error tells more.
  const said = lines.findLast((line) => /\b\w*(?:Error|Exception|panic)\b.*:/.test(line)) ?? lines.at(-1);
  return new UserError(
    'boot-crash',
    cause?.message ??
      `${facts.process} ended with exit code ${facts.exitCode} at its start${said ? `: ${said.trim().slice(0, 200)}` : '.'}`,
    cause?.hint ?? 'Its last lines above say why. Try the same command on your own machine, then push again.',
  );
}

interface Cause {
  message: string;
  hint: string;
}

/** The causes that most often end an app at its start, each by what it prints. */
const causes: readonly [RegExp, (match: RegExpExecArray, facts: BootFacts) => Cause][] = [
  [
    /Cannot find (?:module|package) '([^']+)'/,
    (match) =>
      /^[./]/.test(match[1] ?? '')
        ? {
            message: `The file ${match[1]} is not in the image.`,
            hint: 'Commit it, or let the build step make it.',
          }
        : {
            message: `The package ${match[1]} is not installed.`,
            hint: `Add it to dependencies (npm install ${match[1]}), commit the lock file and push again.`,
          },
  ],
  [
    /ModuleNotFoundError: No module named '([^']+)'/,
    (match) => ({
      message: `The Python module ${match[1]} is not installed.`,
      hint: 'Add its package to your requirements and push again.',
    }),
  ],
  [
    /(?:KeyError: '([A-Z][A-Z0-9_]+)'|(?:missing|required|undefined).{0,40}\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b)/,
    (match) => {
      const name = match[1] ?? match[2];
      return {
        message: `The variable ${name} is not set.`,
        hint: `Set it: landfall config set APP ${name}=…, then push again.`,
      };
    },
  ],
  [
    /error while loading shared libraries: (\S+):/,
    (match) => ({
      message: `The system library ${match[1]} is missing in the image.`,
      hint: 'Install its package in a Dockerfile, or use a dependency that brings it.',
    }),
  ],
  [
    /EADDRINUSE.*?:(\d+)|[Aa]ddress already in use/,
    () => ({
      message: 'Two parts of the app want the same port.',
      hint: 'Start one server only, on the port in PORT.',
    }),
  ],
  [
    /EACCES: permission denied.*?'([^']+)'|PermissionError.*?'([^']+)'|Read-only file system: '([^']+)'/,
    (match) => ({
      message: `The app may not write ${match[1] ?? match[2] ?? match[3]}.`,
      hint: 'Write to /tmp, or keep the data in a database: the app does not run as root.',
    }),
  ],
  [
    /ECONNREFUSED ([\d.:a-f[\]]+)|[Cc]onnection refused.*?(\d+\.\d+\.\d+\.\d+:\d+)/,
    (match) => ({
      message: `The app could not reach ${match[1] ?? match[2]} and gave up.`,
      hint: 'Check the address in its config: localhost is the container itself.',
    }),
  ],
];

function crashCause(facts: BootFacts): Cause | null {
  if (facts.exitCode === 127 || facts.exitCode === 126)
    return {
      message: `The start command of ${facts.process} can't be run: ${facts.output.at(-1)?.trim() ?? facts.command ?? 'no such program'}`,
      hint: 'Check the command in the Procfile or package.json: the program must be a dependency of the app.',
    };
  for (const line of facts.output.toReversed()) {
    for (const [pattern, explain] of causes) {
      const match = pattern.exec(line);
      if (match) return explain(match, facts);
    }
  }
  if (facts.exitCode === 0)
    return {
      message: `${facts.process} ended at once, with exit code 0.`,
      hint: 'A web process must keep running and serve; if it is a job, name it otherwise in a Procfile.',
    };
  return null;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
