import { UserError } from '../errors.ts';
import { Turns } from '../turns.ts';
import type { Group } from '../types.ts';
import type { Host } from './confine.ts';
import { type Containers, containerBody, isUp, type Present } from './containers.ts';
import type { InstanceSpec } from './engine.ts';
import { Refusal, refused, startFailure } from './failures.ts';
import { containerName, type Identity, identityOf, specHash } from './labels.ts';
import type { Networks } from './networks.ts';

export interface ScalerParts {
  containers: Containers;
  networks: Networks;
  instance: string;
  host: Host;
}

/** A container that has to be there. */
export interface Place {
  identity: Identity;
  name: string;
  spec: InstanceSpec;
}

/** A container that is there; `state` in Docker's words. */
interface Placed {
  id: string;
  state: string;
}

const attempts = 3;

/** Docker's words for a network that was removed behind us, or an address that somebody else holds. */
const networkTrouble =
  /network .* not found|address already in use|not belong to any of this network|no configured subnet/i;

/**
 * Makes containers be there. What an interrupted call left is found by its name and judged by the hash of its spec.
 * A first start of one instance costs three calls: list, create, start.
 */
export class Scaler {
  readonly #parts: ScalerParts;
  #host: Host;
  /** Between the choice of an address and the container that holds it, nobody else of the app chooses. */
  readonly #turns = new Turns();
  /** Restart policies by container, for the list does not show them. */
  readonly #policies = new Map<string, string>();

  constructor(parts: ScalerParts) {
    this.#parts = parts;
    this.#host = parts.host;
  }

  /** See Engine.scale. */
  async scale(group: Group, spec: InstanceSpec, count: number): Promise<void> {
    const hash = specHash(spec);
    const places = Array.from({ length: count }, (_, index) => {
      const identity: Identity = { role: 'app', group, index, port: spec.port, spec: hash };
      return { identity, name: containerName(this.#parts.instance, group, index), spec };
    });
    const { starting, surplus } = await this.#turns.run(group.appId, () => this.#place(group, places));
    const removing = surplus.map((one) => this.remove(one.id, isUp(one.state), spec.stopSeconds));
    await all([...starting, ...removing]);
  }

  async remove(id: string, up: boolean, graceSeconds: number): Promise<void> {
    await this.#parts.containers.remove(id, up, graceSeconds);
    this.#policies.delete(id);
  }

  /** Creates a container with an address of its own, or adopts the one that is there; not started. */
  async make(place: Place): Promise<Placed> {
    const { appId } = place.identity.group;
    return await this.#turns.run(appId, async () => {
      const present = await this.#parts.containers.list({ appId });
      const [address = ''] = await this.#addresses(appId, present, 1);
      return await this.#create(place, address);
    });
  }

  /** Resolves when all containers are there; their starts go on behind. */
  async #place(group: Group, places: Place[]): Promise<{ starting: Promise<void>[]; surplus: Present[] }> {
    const present = await this.#parts.containers.list({ appId: group.appId });
    const mine = present.filter(
      ({ identity }) => identity.role === 'app' && sameGroup(identity.group, group),
    );
    const fits = (place: Place): Present | undefined =>
      mine.find(
        ({ identity, state }) => identity.index === place.identity.index && usable(identity, state, place),
      );
    const unfit = places.filter((place) => !fits(place));
    const addresses = unfit.length > 0 ? await this.#addresses(group.appId, present, unfit.length) : [];
    const placing = places.map(async (place): Promise<Placed> => {
      const there = fits(place);
      if (there) return there;
      const wrong = mine.find(({ identity }) => identity.index === place.identity.index);
      if (wrong) await this.remove(wrong.id, isUp(wrong.state), place.spec.stopSeconds);
      return await this.#create(place, addresses[unfit.indexOf(place)] ?? '');
    });
    const starting = placing.map(async (placed, at) => this.#start(places[at], await placed));
    for (const start of starting) start.catch(() => {});
    await Promise.allSettled(placing);
    return { starting, surplus: mine.filter(({ identity }) => identity.index >= places.length) };
  }

  async #addresses(appId: string, present: readonly Present[], count: number): Promise<string[]> {
    const network = await this.#parts.networks.ensure(appId);
    const held = new Set(present.map(({ address }) => address).filter((address) => address !== null));
    return this.#parts.networks.choose(appId, network, held, count);
  }

  async #create(place: Place, address: string): Promise<Placed> {
    const { containers, instance, networks } = this.#parts;
    const { name, identity, spec } = place;
    const network = await networks.ensure(identity.group.appId);
    const body = containerBody(instance, identity, spec, { name: network.name, address }, this.#host);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const id = await containers.create(name, body);
        this.#policies.set(id, spec.restart);
        return { id, state: 'created' };
      } catch (error) {
        if (!refused(error, 409) || attempt === attempts)
          throw startFailure(identity.group.process, spec.image, error);
        const adopted = await this.#adopt(place);
        if (adopted) return adopted;
      }
    }
  }

  /** The name is taken: by what an earlier call left, if it fits, else the way is cleared. */
  async #adopt(place: Place): Promise<Placed | null> {
    const { containers, instance } = this.#parts;
    const there = await containers.inspect(place.name);
    if (!there) return null;
    const identity = identityOf(instance, there.Config.Labels);
    if (!identity) {
      throw new UserError(
        'conflict',
        `There is a container "${place.name}" that Landfall did not make.`,
        `Remove it (docker rm -f ${place.name}) and try again.`,
      );
    }
    if (usable(identity, there.State.Status, place)) return { id: there.Id, state: there.State.Status };
    await this.remove(there.Id, isUp(there.State.Status), place.spec.stopSeconds);
    return null;
  }

  async #start(place: Place | undefined, placed: Placed): Promise<void> {
    if (!place) return;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#settlePolicy(placed.id, place.spec.restart);
        if (!isUp(placed.state)) await this.#parts.containers.start(placed.id);
        return;
      } catch (error) {
        const lost = refused(error, 404, /no such container/i);
        const trouble = error instanceof Refusal && networkTrouble.test(error.words);
        // A daemon with less rights than this process: its own limit has to do.
        const limited = error instanceof Refusal && /setting rlimit/i.test(error.words);
        if (limited) this.#host = { ...this.#host, openFiles: null };
        if (!(lost || trouble || limited) || attempt === attempts) {
          throw startFailure(place.identity.group.process, place.spec.image, error);
        }
        if (trouble) this.#parts.networks.doubt(place.identity.group.appId);
        await this.remove(placed.id, false, place.spec.stopSeconds);
        placed = await this.make(place);
      }
    }
  }

  async #settlePolicy(id: string, restart: InstanceSpec['restart']): Promise<void> {
    const { containers } = this.#parts;
    const known = this.#policies.get(id) ?? (await containers.inspect(id))?.HostConfig.RestartPolicy.Name;
    if (known !== restart) await containers.setRestart(id, restart);
    this.#policies.set(id, restart);
  }
}

function sameGroup(a: Group, b: Group): boolean {
  return a.process === b.process && a.deploy === b.deploy;
}

function usable(identity: Identity, state: string, place: Place): boolean {
  return identity.spec === place.identity.spec && state !== 'dead' && state !== 'removing';
}

/** Waits for all, then throws the first that failed: nothing goes on unseen. */
export async function all(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
