import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../../src/engine/api.ts';
import { engineEvents } from '../../src/engine/events.ts';

/** A daemon of which the test says what it answers. */
let folder: string;
let daemon: Server;
let handle: (request: IncomingMessage, response: ServerResponse) => void;
let oldest: string;

function listen(): Promise<void> {
  daemon = createServer((request, response) => {
    if (request.url?.endsWith('/version?') || request.url?.endsWith('/version')) {
      response.end(JSON.stringify({ Version: '29', ApiVersion: '1.52', MinAPIVersion: oldest }));
    } else handle(request, response);
  });
  return new Promise((resolve) => daemon.listen(join(folder, 'docker.sock'), resolve));
}

function close(): Promise<void> {
  daemon.closeAllConnections();
  return new Promise((resolve) => daemon.close(() => resolve()));
}

function connect(): Promise<Api> {
  return Api.connect(new Docker({ socketPath: join(folder, 'docker.sock') }));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lf-daemon-'));
  oldest = '1.24';
  await listen();
});

afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

describe('a call of the daemon', () => {
  it('ends at its deadline when the daemon hangs', async () => {
    const api = await connect();
    handle = () => {};
    const call = { what: 'list', method: 'GET', path: '/x', deadlineMs: 50 } as const;
    await expect(api.ask(call)).rejects.toMatchObject({
      code: 'engine-down',
      message: expect.stringContaining('0.05 s'),
    });
    await expect(api.stream(call)).rejects.toMatchObject({ code: 'engine-down' });
  });

  it('ends at its deadline when the daemon hangs in the middle of the answer', async () => {
    const api = await connect();
    handle = (_request, response) => response.write('{"half":');
    const call = { what: 'list', method: 'GET', path: '/x', deadlineMs: 50 } as const;
    await expect(api.ask(call)).rejects.toMatchObject({ code: 'engine-down' });
  });

  it("ends with the signal's reason", async () => {
    const api = await connect();
    const abort = new AbortController();
    const reason = new Error('enough');
    handle = () => abort.abort(reason);
    await expect(api.ask({ what: 'x', method: 'GET', path: '/x', signal: abort.signal })).rejects.toBe(
      reason,
    );
  });

  it('is engine-down when the daemon goes away meanwhile', async () => {
    const api = await connect();
    handle = (request) => request.socket.destroy();
    await expect(api.ask({ what: 'x', method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'engine-down',
    });
  });

  it("keeps an app's config out of the URL", async () => {
    const api = await connect();
    let seen = '';
    handle = (request, response) => {
      seen = request.url ?? '';
      response.end('{}');
    };
    const body = { Env: ['PASSWORD=secret'] };
    await api.ask({ what: 'create', method: 'POST', path: '/containers/create', query: { name: 'n' }, body });
    expect(seen).toBe('/v1.41/containers/create?name=n');
  });

  it('says a full disk as such, and else what the daemon refused', async () => {
    const api = await connect();
    const words = ['write /var/lib/docker/x: no space left on device', 'no such thing'];
    handle = (_request, response) => response.writeHead(500).end(JSON.stringify({ message: words.shift() }));
    const call = { what: 'do it', method: 'GET', path: '/x' } as const;
    await expect(api.ask(call)).rejects.toMatchObject({ code: 'disk-full' });
    await expect(api.ask(call)).rejects.toMatchObject({ status: 500, words: 'no such thing' });
  });

  it('speaks a newer version when an upgraded daemon asks for it', async () => {
    const api = await connect();
    oldest = '1.44';
    handle = (request, response) => {
      if (request.url?.startsWith('/v1.44/')) response.end('{"ok":true}');
      else
        response
          .writeHead(400)
          .end('{"message":"client version 1.41 is too old. Minimum supported API version is 1.44"}');
    };
    expect(await api.ask({ what: 'x', method: 'GET', path: '/x' })).toEqual({ ok: true });
  });
});

describe('the events', () => {
  it('go on by themselves when the daemon comes back, and say so', async () => {
    const api = await connect();
    const answer = (appId: string): void => {
      const event = JSON.stringify({
        Action: 'die',
        Actor: { ID: 'c1', Attributes: { 'landfall.app': appId } },
      });
      handle = (_request, response) => {
        response.write(event.slice(0, 20));
        setImmediate(() => response.write(`${event.slice(20)}\n`));
      };
    };
    answer('a1');
    const abort = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of engineEvents(api, 'test', abort.signal)) {
        seen.push(event.kind === 'changed' ? event.appId : event.kind);
      }
    })();
    await vi.waitFor(() => expect(seen).toEqual(['reconnected', 'a1']));
    await close();
    answer('a2');
    await listen();
    await vi.waitFor(() => expect(seen).toEqual(['reconnected', 'a1', 'reconnected', 'a2']), {
      timeout: 5000,
    });
    abort.abort();
    await watching;
  });
});
