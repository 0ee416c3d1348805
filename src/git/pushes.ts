import type { UserError } from '../errors.ts';
import type { Actor, App, AppId } from '../types.ts';

/** The pushed commit, while its objects are still in git's quarantine. Valid until `Pushes.push` settles. */
export interface PushSource {
  /** The commit's git tree id: the same for the same files. */
  tree: string;
  /** A tar of the commit's files with those of its submodules, whatever `.gitattributes` says. May be called again.
   * The stream fails when git does, and when the signal aborts. */
  archive(signal: AbortSignal): NodeJS.ReadableStream;
  /** Makes the objects permanent, so that the branch can be repaired after a crash. Called under the app's lock, just
   * before `routing`: from here on this push counts as the app's newest for `refStillAt` of others. */
  keep(): Promise<void>;
  /** Whether the deploy branch still is where this push found it, and no other push has moved traffic meanwhile. */
  refStillAt(): Promise<boolean>;
}

export interface PushRequest {
  app: App;
  /** The commit that becomes the deploy branch, full id. */
  commit: string;
  /** What the deploy branch was; null at the first push. */
  previous: string | null;
  actor: Actor;
  source: PushSource;
}

/** What the git door needs of the rest of the server. */
export interface Pushes {
  /** The token's owner; null when the password is no valid token. Called for every single request. */
  authenticate(password: string | null): Actor | null;
  /** The app of this name when the actor may have it. With `push` an unknown app is created if the actor may create
   * it; with `read` never. null: not allowed or not there, which the actor cannot tell apart. UserError `bad-app-name`. */
  openApp(name: string, actor: Actor, purpose: 'read' | 'push'): App | null;
  /** Deploys. Resolves when traffic has moved (end of `routing`) with the closing lines; from then on the branch moves
   * whatever the client does. A UserError refuses the push. The signal aborts when the client is gone; a deploy past
   * `routing` ignores it. `log` takes single lines, shown to the pusher as they come. */
  push(request: PushRequest, log: (line: string) => void, signal: AbortSignal): Promise<{ lines: string[] }>;
  /** Refused by the git door itself, before there could be a deploy: kept, so that `deploys` tells of it too. */
  refused(app: App, commit: string | null, actor: Actor, error: UserError): void;
  /** The commit at which the deploy branch must be: that of the last push that reached `routing`; null: none. */
  head(appId: AppId): string | null;
}
