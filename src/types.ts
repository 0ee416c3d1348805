/**
 * The glossary: one word per thing.
 *
 * app        what a person deploys; has an immutable id and a name
 * push       one `git push` of one commit to the deploy branch
 * build      an image made from one tree with one set of build settings; shared by releases
 * release    build + config + process commands + limits, numbered per app: v1, v2 …
 * deploy     the act that makes a release live; a row with a state
 * process    a named command of a release (web, worker …)
 * group      all instances of one process started by one deploy
 * instance   one running container of a group
 * job        a container that runs to its end (release command, one-off)
 * backend    the proxy's list of servers of one app; a server sits in a slot
 * drain      to send no new requests to an instance and wait for its open ones
 * door       where people and programs come in: git, HTTP API, the command line's socket
 */

/** Immutable: 10 characters of [a-z2-7]. Labels, repository paths, images and volumes carry it. */
export type AppId = string;
/** Ordered: a later deploy has a greater id. */
export type DeployId = number;

export interface App {
  id: AppId;
  /** [a-z][a-z0-9-]{0,38}[a-z0-9], the name in URLs. */
  name: string;
  /** Instances wanted of each process; a process that is not named here has 1. */
  counts: Record<string, number>;
  createdAt: string;
}

/** Config variables, as the app sees them. */
export type Config = Record<string, string>;

export interface Limits {
  memoryBytes: number;
  /** Cores; may be a fraction. */
  cpus: number;
  pids: number;
}

/** What must be seen before traffic moves to an instance. */
export interface Health {
  /** The path that must answer below 500. */
  path: string;
  /** How long a new instance may take to answer. */
  bootSeconds: number;
}

/** What an app asks for in its app.json. */
export interface Needs {
  variables: { name: string; value: string | null; required: boolean; generate: boolean }[];
  /** Instances of each process, at the first release. */
  formation: Record<string, number>;
}

/** `generated`: our Dockerfile; `custom`: the user's, which may need more rights. */
export type Confine = 'generated' | 'custom';

export interface Build {
  id: number;
  appId: AppId;
  /** Git tree id + settings + base images: what makes a build the same build. */
  key: string;
  /** Docker image id, `sha256:…`. */
  image: string;
  commit: string;
  /** What plan decided, as `landfall plan --json` prints it. */
  plan: unknown;
  processes: ProcessCommands;
  /** The port that the app is told to listen on, as PORT. */
  port: number;
  health: Health;
  confine: Confine;
  needs: Needs;
  createdAt: string;
}

/** Process name → command line; null = what the image runs by itself. */
export type ProcessCommands = Record<string, string | null>;

export interface Release {
  appId: AppId;
  /** 1, 2, 3 …; shown as v1. */
  version: number;
  buildId: number;
  image: string;
  commit: string;
  config: Config;
  processes: ProcessCommands;
  port: number;
  health: Health;
  confine: Confine;
  limits: Limits;
  /** What made it: "push 3f2a91c", "config set A, B", "rollback to v3". */
  reason: string;
  createdAt: string;
}

export type DeployKind = 'push' | 'redeploy' | 'config' | 'rollback' | 'restart';

export const deployStates = [
  'queued',
  'building',
  'releasing',
  'starting',
  'checking',
  'routing',
  'draining',
  'live',
  'failed',
  'superseded',
] as const;
export type DeployState = (typeof deployStates)[number];

export interface Deploy {
  id: DeployId;
  appId: AppId;
  kind: DeployKind;
  state: DeployState;
  /** The release that it makes live; null until there is one. */
  release: number | null;
  commit: string | null;
  /** Who asked: the token's name, or "server" on the machine itself. */
  actor: string;
  failure: import('./errors.ts').Failure | null;
  createdAt: string;
  /** When it reached its present state. */
  changedAt: string;
  /** When it reached a final state or was live; null before. */
  endedAt: string | null;
}

/** All instances of one process started by one deploy. */
export interface Group {
  appId: AppId;
  process: string;
  deploy: DeployId;
  release: number;
}

/** What is running, as the engine sees it. Never stored. */
export interface Instance {
  /** The engine's id. */
  id: string;
  group: Group;
  /** 0, 1 … within its group. */
  index: number;
  state: 'created' | 'running' | 'restarting' | 'exited';
  /** Where the proxy and the probe reach it; null while it has no address. */
  dial: Dial | null;
  exitCode: number | null;
  outOfMemory: boolean;
  startedAt: string | null;
  restarts: number;
}

export interface Dial {
  host: string;
  port: number;
}

/** Who acts, and what they may. */
export interface Actor {
  name: string;
  /** null: all apps. */
  appId: AppId | null;
  right: Right;
}

/** Each includes the ones before it. */
export type Right = 'read' | 'deploy' | 'admin';
