import type { AppId, Dial } from '../types.ts';

/** Where one app's requests go. */
export interface Route {
  appId: AppId;
  /** Shown on the 503 page. */
  name: string;
  /** Exact host names, lower case, no port. */
  hosts: string[];
  servers: RouteServer[];
}

/** One instance in the backend. A server that is no longer listed goes to maintenance, its sessions shut down. */
export interface RouteServer {
  /** The instance's id: stable for its life. */
  instance: string;
  dial: Dial;
  /** `ready` takes new requests; `drain` finishes its open ones. */
  state: 'ready' | 'drain';
}

/** The data plane. Holds no truth of its own: `apply` brings it to the routes given, whatever it was before. */
export interface Proxy {
  /** Brings the proxy to exactly these routes; resolves when new requests follow them. Serialised; idempotent. Apps
   * not listed have no backend. UserError `proxy-down` when it cannot be reached. */
  apply(routes: readonly Route[]): Promise<void>;
  /** Open sessions and queued requests per instance of one app. Instances without a slot are absent. */
  sessions(appId: AppId): Promise<Map<string, number>>;
  /** Reloads with the current configuration, without losing a request. */
  reload(): Promise<void>;
  /** Resolves with the version when it answers. */
  ping(): Promise<{ version: string; pid: number }>;
}
