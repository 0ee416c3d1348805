import type Docker from 'dockerode';
import type { AppId } from '../types.ts';
import { type Details, parseContainers, parseCreated, parseDetails, type Summary } from './answers.ts';
import type { Api } from './api.ts';
import { confine, type Host } from './confine.ts';
import type { InstanceSpec } from './engine.ts';
import { refused } from './failures.ts';
import {
  appLabel,
  type Identity,
  identityOf,
  instanceLabel,
  labelFilter,
  labelsOf,
  type Role,
  roleLabel,
} from './labels.ts';

/** A container of this server, as the list shows it. */
export interface Present {
  id: string;
  identity: Identity;
  /** Docker's word: created, running, paused, restarting, removing, exited, dead. */
  state: string;
  /** The address that it holds, running or not. */
  address: string | null;
  /** Another one after each start: the same one means the same life. */
  endpoint: string;
}

export function isUp(state: string): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

/** What Docker can do with one container. Verbs whose work is already done are no error. */
export class Containers {
  readonly #api: Api;
  readonly #instance: string;

  constructor(api: Api, instance: string) {
    this.#api = api;
    this.#instance = instance;
  }

  /** One call. */
  async list(which: { appId?: AppId | undefined; role?: Role }): Promise<Present[]> {
    const labels = {
      [instanceLabel]: this.#instance,
      ...(which.appId ? { [appLabel]: which.appId } : {}),
      ...(which.role ? { [roleLabel]: which.role } : {}),
    };
    const filters = JSON.stringify({ label: labelFilter(labels) });
    const call = {
      what: 'list the containers',
      method: 'GET',
      path: '/containers/json',
      query: { all: '1', filters },
    } as const;
    const answer = parseContainers(await this.#api.ask(call));
    return answer.map((summary) => this.#present(summary)).filter((present) => present !== null);
  }

  #present(summary: Summary): Present | null {
    const identity = identityOf(this.#instance, summary.Labels);
    if (!identity) return null;
    const endpoint = Object.values(summary.NetworkSettings?.Networks ?? {})[0];
    return {
      id: summary.Id,
      identity,
      state: summary.State,
      address: endpoint?.IPAMConfig?.IPv4Address || endpoint?.IPAddress || null,
      endpoint: endpoint?.EndpointID ?? '',
    };
  }

  /** Null when there is none. */
  async inspect(id: string): Promise<Details | null> {
    try {
      return parseDetails(
        await this.#api.ask({ what: 'look at a container', method: 'GET', path: `/containers/${id}/json` }),
      );
    } catch (error) {
      if (refused(error, 404)) return null;
      throw error;
    }
  }

  /** The new container's id. A taken name is a Refusal 409. */
  async create(name: string, body: Docker.ContainerCreateOptions): Promise<string> {
    const call = {
      what: `create the container ${name}`,
      method: 'POST',
      path: '/containers/create',
      query: { name },
      body,
    } as const;
    return parseCreated(await this.#api.ask(call)).Id;
  }

  async start(id: string): Promise<void> {
    await this.#api.ask({
      what: 'start a container',
      method: 'POST',
      path: `/containers/${id}/start`,
      deadlineMs: 60_000,
    });
  }

  async setRestart(id: string, restart: InstanceSpec['restart']): Promise<void> {
    const body = { RestartPolicy: { Name: restart } };
    await this.#api.ask({
      what: 'change the restart policy',
      method: 'POST',
      path: `/containers/${id}/update`,
      body,
    });
  }

  /** SIGTERM (or the image's STOPSIGNAL), the grace time, SIGKILL; then the container and its unnamed volumes are removed. */
  async remove(id: string, up: boolean, graceSeconds: number): Promise<void> {
    if (up) await this.#stop(id, graceSeconds);
    try {
      await this.#delete(id, up);
    } catch (error) {
      if (!refused(error, 409)) throw error;
      if (refused(error, 409, /in progress/i)) return await this.#gone(id);
      // It was started meanwhile.
      await this.#stop(id, graceSeconds);
      await this.#delete(id, true);
    }
  }

  async #stop(id: string, graceSeconds: number): Promise<void> {
    const query = { t: String(graceSeconds) };
    const deadlineMs = (graceSeconds + 10) * 1000;
    const call = {
      what: 'stop a container',
      method: 'POST',
      path: `/containers/${id}/stop`,
      query,
      deadlineMs,
    } as const;
    await this.#api.ask(call).catch(unless404);
  }

  async #delete(id: string, force: boolean): Promise<void> {
    const query = { v: '1', force: force ? '1' : '0' };
    await this.#api
      .ask({ what: 'remove a container', method: 'DELETE', path: `/containers/${id}`, query })
      .catch(unless404);
  }

  async #gone(id: string): Promise<void> {
    const query = { condition: 'removed' };
    const call = {
      what: 'wait for a removal',
      method: 'POST',
      path: `/containers/${id}/wait`,
      query,
    } as const;
    await this.#api.ask(call).catch(unless404);
  }
}

function unless404(error: unknown): void {
  if (!refused(error, 404)) throw error;
}

/** What identifies, runs and confines a container of an app. */
export function containerBody(
  instance: string,
  identity: Identity,
  spec: InstanceSpec,
  network: { name: string; address: string },
  host: Host,
): Docker.ContainerCreateOptions {
  return {
    Image: spec.image,
    ...(spec.command ? { Cmd: [...spec.command] } : {}),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(instance, identity),
    StopTimeout: spec.stopSeconds,
    // Health is probed from outside; a check of the image's own would only cost.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: { ...confine(spec, host), NetworkMode: network.name },
    NetworkingConfig: {
      EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: network.address } } },
    },
  };
}
