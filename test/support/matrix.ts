import { isPastReturn } from '../../src/deploy/machine.ts';
import { type DeployState, deployStates } from '../../src/types.ts';
import { measuredApp, Traffic } from './traffic.ts';
import { type Ran, type Repository, until, type World } from './world.ts';

/** Every deploy is in a final state within this. */
export const settleMs = 60_000;

export type Act = 'push' | 'rollback' | 'config' | 'restart';

/** A point at which the server kills itself, and what must then be. */
export interface Point {
  point: string;
  /** Whether what the act brings has the traffic afterwards, or what was there before. */
  moves: boolean;
}

/** Every point that a deploy which goes well comes to, in order: each state on disk, and the end of its act. */
export function points(): Point[] {
  const states = deployStates.filter((state) => state !== 'failed' && state !== 'superseded');
  return states.flatMap((state: DeployState) => {
    const moves = isPastReturn(state);
    return [{ point: state, moves }, ...(state === 'live' ? [] : [{ point: `${state}:done`, moves }])];
  });
}

/** The app under test: two trees that take turns, so that only the first push of each builds. */
export class Stage {
  readonly world: World;
  readonly repository: Repository;
  /** The text that must answer now, and the commit at which the branch must be. */
  text: 'even' | 'odd' = 'even';
  head = '';

  private constructor(world: World, repository: Repository) {
    this.world = world;
    this.repository = repository;
  }

  static async open(world: World): Promise<Stage> {
    const stage = new Stage(world, await world.repository('shop', measuredApp('odd')));
    await stage.repository.mustPush();
    await stage.next();
    await stage.next();
    return stage;
  }

  get other(): 'even' | 'odd' {
    return this.text === 'even' ? 'odd' : 'even';
  }

  load(): Traffic {
    return new Traffic(this.world.port, 'shop.localhost').keepAlive(2, 20).fresh(1, 50);
  }

  /** Commits the other text with these changes; returns the commit. */
  async prepare(files: Record<string, string | null> = {}): Promise<string> {
    return await this.repository.commit({ ...measuredApp(this.other), ...files });
  }

  /** A push that must go well; and then everything is as it should be. */
  async next(): Promise<void> {
    const commit = await this.prepare();
    await this.repository.mustPush();
    this.moved(commit);
    await this.settled();
  }

  /** The deploy took the traffic: with a commit it was a push. */
  moved(commit?: string): void {
    this.text = this.other;
    if (commit) this.head = commit;
  }

  /** All deploys final, the right text answers, the branch is there, one container is left. */
  async settled(): Promise<void> {
    const { world, repository } = this;
    const end = performance.now() + settleMs;
    const left = (): number => Math.max(0, end - performance.now());
    await until(
      async () =>
        (await world.deploys('shop')).every(({ state }) => ['live', 'failed', 'superseded'].includes(state)),
      'every deploy in a final state',
      left(),
    );
    await until(async () => (await world.containers()).length === 1, 'one container', left()).catch(
      async (error) => {
        throw new Error(`${error}: ${(await world.containers()).join(', ')}`);
      },
    );
    // A daemon that was killed starts the app again; but never may another release answer.
    const answer = await this.#answer(left());
    if (!answer.startsWith(`${this.text} v`)) throw new Error(`${this.text} should serve, but: ${answer}`);
    const [deploy] = (await world.deploys('shop')).filter(
      ({ release }) => `v${release}` === answer.split(' ')[1],
    );
    const [container] = await world.containers();
    if (deploy === undefined || !container?.includes(`.web.`))
      throw new Error(`${container} runs, but ${answer} answers`);
    const ref = await repository.git('ls-remote', 'production', 'refs/heads/main');
    if (!ref.startsWith(this.head)) throw new Error(`the branch is at ${ref}, not at ${this.head}`);
  }

  async #answer(ms: number): Promise<string> {
    let body = '';
    await until(
      async () => {
        const answer = await this.world
          .get('shop.localhost')
          .catch((error) => ({ status: 0, body: String(error) }));
        body = answer.body;
        return answer.status === 200;
      },
      'an answer of the app',
      ms,
    ).catch((error) => {
      throw new Error(`${error}: ${body}`);
    });
    return body;
  }

  /**
   * Does what ends with the server's death at `point`, starts the server again as its container would be, and says how the
   * client saw it. With `proxy` the proxy dies too.
   */
  async crash(point: string, act: () => Promise<Ran>, also: { proxy?: boolean } = {}): Promise<Ran> {
    const { world } = this;
    await world.killServer();
    await world.startServer({ LANDFALL_CRASH_AT: point });
    const ran = act();
    await world.serverEnded();
    if (also.proxy) await world.killProxy();
    await Promise.all([world.startServer(), also.proxy ? world.startProxy() : null]);
    return await ran;
  }

  /** A push of the other text that meets a crash: what `moves` says, or what git was told after it had asked once more. */
  async crashingPush({ point, moves }: Point, also: { proxy?: boolean } = {}): Promise<void> {
    const commit = await this.prepare();
    const { code } = await this.crash(point, () => this.repository.push(), also);
    if (moves || code === 0) this.moved(commit);
  }

  /** A push under way: `heard` resolves when its log says so, `interrupt` is Ctrl-C. */
  pushing(): { ran: Promise<Ran>; heard(pattern: RegExp): Promise<void>; interrupt(): void } {
    const { child, ran } = this.repository.startPush();
    let log = '';
    child.stderr?.on('data', (text) => {
      log += String(text);
    });
    const heard = (pattern: RegExp): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => void (pattern.test(log) && resolve());
        child.stderr?.on('data', look);
        child.once('close', () => reject(new Error(`the push ended before ${pattern}: ${log}`)));
        look();
      });
    return {
      ran,
      heard,
      interrupt: () => void (child.pid && process.kill(-child.pid, 'SIGINT')),
    };
  }

  /** A command line whose answer may break off. */
  async landfall(...args: string[]): Promise<Ran> {
    return await this.world.landfall(...args).catch((error) => ({ code: -1, out: '', err: String(error) }));
  }
}
