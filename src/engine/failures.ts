import { UserError } from '../errors.ts';

/** The daemon answered, and refused. */
export class Refusal extends Error {
  /** HTTP status of the answer. */
  readonly status: number;
  /** The daemon's own words. */
  readonly words: string;

  constructor(what: string, status: number, words: string) {
    super(`Docker refused to ${what} (${status}): ${words}`);
    this.name = 'Refusal';
    this.status = status;
    this.words = words;
  }
}

/** True when the daemon refused with this status, and in these words if given. */
export function refused(error: unknown, status: number, words?: RegExp): boolean {
  return error instanceof Refusal && error.status === status && (words?.test(error.words) ?? true);
}

export function engineDown(words: string): UserError {
  return new UserError(
    'engine-down',
    `Docker does not answer: ${words}`,
    'Start it (systemctl start docker, or service docker start) and see its log; Landfall goes on by itself.',
  );
}

/** What came out of a call, worded: a refusal with its status, or `engine-down` when no answer came. */
export function failure(what: string, error: unknown): Error {
  if (!(error instanceof Error)) return engineDown(`${what}: ${String(error)}`);
  if (error instanceof UserError) return error;
  if (!('statusCode' in error) || typeof error.statusCode !== 'number') return engineDown(error.message);
  const words = wordsOf(error);
  if (/no space left on device/i.test(words)) {
    return new UserError(
      'disk-full',
      `The disk is full: ${words}`,
      'Free some space where Docker keeps its data (docker system df shows what takes it), then try again.',
    );
  }
  return new Refusal(what, error.statusCode, words);
}

function wordsOf(error: Error): string {
  const json: unknown = 'json' in error ? error.json : null;
  if (json !== null && typeof json === 'object' && 'message' in json && typeof json.message === 'string') {
    return json.message;
  }
  return error.message.replace(/^\(HTTP code \d+\) /, '').trim();
}

/** Why a container could not be created or started, when that is the app's fault or somebody's who removed the image. */
export function startFailure(process: string, image: string, error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  if (/no command specified/i.test(error.words)) {
    return new UserError(
      'no-start-command',
      `The image says no command to run, and there is none for "${process}".`,
      `Add a CMD to the Dockerfile, or a Procfile with the line "${process}: <command>".`,
    );
  }
  if (/no such image/i.test(error.words)) {
    return new UserError(
      'not-found',
      `The image ${image} is no longer on this server.`,
      'Push again, or redeploy: it is built anew.',
    );
  }
  if (/OCI runtime|unable to find (user|group)|executable file not found/i.test(error.words)) {
    const cause = /exec: .*|unable to find .*/.exec(error.words)?.[0] ?? error.words;
    return new UserError(
      'boot-crash',
      `"${process}" cannot be started: ${cause.replace(/: unknown$/, '')}`,
      'Correct the command (Procfile, or CMD and USER in the Dockerfile) and push again.',
    );
  }
  return error;
}
