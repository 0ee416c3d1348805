/**
 * A failure that a person can act on. Thrown where the fact is known and worded there; printed only at doors
 * (the push's log, the CLI, the API). Everything else that is thrown is a bug of ours: logged whole, shown as an id.
 */
export class UserError extends Error {
  readonly code: ErrorCode;
  /** The next step, in the words of the person who has to act: a command, a line to change. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string) {
    super(message);
    this.name = 'UserError';
    this.code = code;
    this.hint = hint;
  }

  toJSON(): Failure {
    return { code: this.code, message: this.message, hint: this.hint };
  }
}

/** How a failure is stored and printed with `--json`. */
export interface Failure {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** Why a deploy failed: what `failure.code` may say. */
export type DeployErrorCode =
  | 'build-failed'
  | 'boot-crash'
  | 'never-listened'
  | 'wrong-port'
  | 'loopback-only'
  | 'http-5xx'
  | 'out-of-memory'
  | 'no-start-command'
  | 'invalid-manifest'
  | 'nothing-detected'
  | 'ambiguous'
  | 'release-failed'
  | 'superseded'
  | 'stale-push'
  | 'cancelled'
  | 'interrupted'
  | 'disk-full'
  | 'engine-down'
  | 'proxy-down'
  | 'bad-branch'
  | 'submodule-unreachable'
  | 'lfs-unsupported'
  | 'empty-push'
  | 'delete-refused'
  | 'internal';

/** Why a request was refused before anything began. */
export type RequestErrorCode =
  | 'bad-input'
  | 'bad-app-name'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'bad-setting'
  | 'nothing-to-roll-back'
  | 'not-deployed';

export type ErrorCode = DeployErrorCode | RequestErrorCode;

/** What a door shows for anything thrown: the user's error as it is, our bug as an id that is in the server's log. */
export function toFailure(error: unknown, id: string): Failure {
  if (error instanceof UserError) return error.toJSON();
  return {
    code: 'internal',
    message: `Landfall failed on its own side (id ${id}).`,
    hint: `Try again; if it happens again, look for ${id} in the log of the server's container (docker logs).`,
  };
}
