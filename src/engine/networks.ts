import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { Turns } from '../turns.ts';
import type { AppId } from '../types.ts';
import { type NetworkAnswer, parseNetwork, parseNetworks } from './answers.ts';
import type { Api } from './api.ts';
import { Refusal, refused } from './failures.ts';
import { appLabel, instanceLabel, networkName, roleLabel } from './labels.ts';
import { freeAddresses, freeShare, parseRange, parseRoutes, type Range } from './subnets.ts';

export interface AppNetwork {
  name: string;
  range: Range;
}

/**
 * A bridge network per app: Docker lets nothing pass between two bridges. Subnet and addresses are chosen here, for Docker's
 * own pools end near 31 networks.
 */
export class Networks {
  readonly #api: Api;
  readonly #instance: string;
  readonly #subnet: Range;
  readonly #known = new Map<AppId, AppNetwork>();
  readonly #last = new Map<AppId, string>();
  /** One choice of a subnet at a time; other servers on this host are met by Docker's "Pool overlaps". */
  readonly #turns = new Turns();

  constructor(api: Api, instance: string, subnet: string) {
    const range = parseRange(subnet);
    if (!range) {
      throw new UserError(
        'bad-setting',
        `LANDFALL_SUBNET is "${subnet}": no IPv4 network.`,
        'Write it like 10.201.0.0/16.',
      );
    }
    this.#api = api;
    this.#instance = instance;
    this.#subnet = range;
  }

  /** The app's network, made when there is none. Asked of Docker once; `doubt` makes it ask again. */
  async ensure(appId: AppId): Promise<AppNetwork> {
    return this.#known.get(appId) ?? (await this.#turns.run('', () => this.#findOrMake(appId)));
  }

  doubt(appId: AppId): void {
    this.#known.delete(appId);
  }

  /** Free addresses of the app's network. Call it in the app's turn: what is chosen counts as held once its container exists. */
  choose(appId: AppId, network: AppNetwork, held: ReadonlySet<string>, count: number): string[] {
    const addresses = freeAddresses(network.range, held, this.#last.get(appId) ?? null, count);
    if (addresses.length < count) {
      throw new UserError(
        'conflict',
        `The app's network has no free address for ${count} more instances (it holds 61, old and new ones together).`,
        'Scale the app down, or wait until the old instances have ended.',
      );
    }
    const last = addresses.at(-1);
    if (last) this.#last.set(appId, last);
    return addresses;
  }

  /** Removes the app's network; none is no error. */
  async remove(appId: AppId): Promise<void> {
    this.#known.delete(appId);
    this.#last.delete(appId);
    const path = `/networks/${networkName(this.#instance, appId)}`;
    await this.#api.ask({ what: "remove the app's network", method: 'DELETE', path }).catch((error) => {
      if (!refused(error, 404)) throw error;
    });
  }

  async #findOrMake(appId: AppId): Promise<AppNetwork> {
    const network = this.#known.get(appId) ?? (await this.#find(appId)) ?? (await this.#make(appId));
    this.#known.set(appId, network);
    return network;
  }

  async #find(appId: AppId): Promise<AppNetwork | null> {
    const name = networkName(this.#instance, appId);
    try {
      const path = `/networks/${name}`;
      return this.#read(
        appId,
        parseNetwork(await this.#api.ask({ what: 'look at the network', method: 'GET', path })),
      );
    } catch (error) {
      if (refused(error, 404)) return null;
      throw error;
    }
  }

  #read(appId: AppId, answer: NetworkAnswer): AppNetwork | null {
    const name = networkName(this.#instance, appId);
    if (answer.Name !== name) return null;
    const range = parseRange(answer.IPAM.Config?.[0]?.Subnet ?? '');
    if (answer.Labels?.[instanceLabel] !== this.#instance || answer.Labels[appLabel] !== appId || !range) {
      throw new UserError(
        'conflict',
        `There is a Docker network "${name}" that Landfall did not make.`,
        `Remove it (docker network rm ${name}) and try again.`,
      );
    }
    return { name, range };
  }

  async #make(appId: AppId): Promise<AppNetwork> {
    const name = networkName(this.#instance, appId);
    const taken = await this.#taken();
    for (;;) {
      const share = freeShare(this.#subnet, taken, name);
      const range = share && parseRange(share.cidr);
      if (!share || !range) {
        throw new UserError(
          'bad-setting',
          'No network is left in LANDFALL_SUBNET that neither Docker nor the host uses.',
          'Destroy apps that nobody needs, or set LANDFALL_SUBNET to a free range like 10.64.0.0/14 and run bin/up.',
        );
      }
      try {
        await this.#create(appId, name, share.cidr, share.gateway);
        return { name, range };
      } catch (error) {
        if (refused(error, 409)) {
          const other = await this.#find(appId);
          if (other) return other;
        }
        if (!(error instanceof Refusal) || !/overlap/i.test(error.words)) throw error;
        taken.push(range);
      }
    }
  }

  async #create(appId: AppId, name: string, subnet: string, gateway: string): Promise<void> {
    const labels = { [instanceLabel]: this.#instance, [roleLabel]: 'app', [appLabel]: appId };
    await this.#api.ask({
      what: "make the app's network",
      method: 'POST',
      path: '/networks/create',
      body: {
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: gateway }] },
        Labels: labels,
      },
    });
  }

  async #taken(): Promise<Range[]> {
    const [answer, routes] = await Promise.all([
      this.#api.ask({ what: 'list the networks', method: 'GET', path: '/networks' }),
      readFile('/proc/net/route', 'utf8').catch(() => ''),
    ]);
    const subnets = parseNetworks(answer).flatMap((network) => network.IPAM.Config ?? []);
    const ranges = subnets.map((config) => parseRange(config.Subnet ?? '')).filter((range) => range !== null);
    return [...ranges, ...parseRoutes(routes)];
  }
}
