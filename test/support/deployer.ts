import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { Deployer } from '../../src/deploy/deployer.ts';
import type { Builder, BuildRequest } from '../../src/engine/engine.ts';
import type { PushRequest } from '../../src/git/pushes.ts';
import { Reconciler } from '../../src/instances/reconciler.ts';
import type { Proxy, Route } from '../../src/proxy/routes.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { Actor, App } from '../../src/types.ts';
import { FakeEngine, type FakeHooks } from './fake-engine.ts';

/** Remembers the routes it was given. */
export class FakeProxy implements Proxy {
  routes: readonly Route[] = [];
  open = new Map<string, number>();

  async apply(routes: readonly Route[]): Promise<void> {
    this.routes = structuredClone(routes);
  }

  async sessions(): Promise<Map<string, number>> {
    return this.open;
  }

  async reload(): Promise<void> {}

  async ping(): Promise<{ version: string; pid: number }> {
    return { version: 'fake', pid: 1 };
  }

  /** Instances that get new requests of an app. */
  ready(app: App): string[] {
    const route = this.routes.find((one) => one.appId === app.id);
    return (route?.servers ?? [])
      .filter((server) => server.state === 'ready')
      .map((server) => server.instance);
  }
}

/** A deployer on fakes and a real store, in a folder of its own. */
export class DeployerRig {
  readonly home = mkdtempSync(join(tmpdir(), 'lfd-'));
  readonly store: Store = openStore(this.home);
  readonly engine: FakeEngine;
  readonly proxy = new FakeProxy();
  readonly reconciler: Reconciler;
  readonly deployer: Deployer;
  readonly errors: unknown[] = [];
  /** Called by each build; may wait or throw. */
  onBuild: (request: BuildRequest) => Promise<void> = async () => {};
  builds = 0;

  constructor(hooks: FakeHooks = {}) {
    this.engine = new FakeEngine(hooks);
    const log = { info: () => {}, error: (error: unknown) => this.errors.push(error) };
    const { store, engine, proxy } = this;
    this.reconciler = new Reconciler({ store, engine, proxy, domain: 'test', log });
    this.deployer = new Deployer({
      store,
      engine,
      proxy,
      builder: this.#builder(),
      reconciler: this.reconciler,
      home: this.home,
      instance: 'test',
      bases: 'official',
      minFreeBytes: 1e9,
      buildSlots: 1,
      appHost: (app) => `${app.name}.test`,
      appUrl: (app) => `http://${app.name}.test/`,
      log,
      reached: () => {},
    });
  }

  /** A push of a tree with a Dockerfile. `commit` also names the tree. */
  request(app: App, commit: string, over: Partial<PushRequest> = {}): PushRequest {
    return {
      app,
      commit,
      previous: this.store.deploys.head(app.id),
      actor: me,
      source: {
        tree: `tree-${commit}`,
        archive: () => {
          const tar = pack();
          tar.entry({ name: 'Dockerfile' }, 'FROM scratch\nEXPOSE 5000\nCMD ["/app"]\n');
          tar.finalize();
          return tar as unknown as NodeJS.ReadableStream;
        },
        keep: async () => {},
        refStillAt: async () => true,
      },
      ...over,
    };
  }

  push(app: App, commit: string, signal = new AbortController().signal) {
    return this.deployer.push(this.request(app, commit), () => {}, signal);
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  #builder(): Builder {
    return {
      build: async (request) => {
        this.builds++;
        await this.onBuild(request);
        return { image: `sha256:${request.tag}`, sizeBytes: 1, seconds: 0 };
      },
      find: async (image) => image,
      pull: async () => 'unreachable',
      inspect: async () => ({ ports: [], hasCommand: true, user: '', sizeBytes: 1 }),
      remove: async () => {},
    };
  }
}

export const me: Actor = { name: 'me', appId: null, right: 'admin' };
