import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import type { Daemon } from './daemon.ts';
import { message } from './proto.ts';

/** The way back from BuildKit to us while it builds. Must be closed: it outlives a build that failed. */
export interface Session {
  id: string;
  close(): void;
}

/** Opens a session that serves exactly these secrets, and no registry credentials. */
export async function openSession(daemon: Daemon, secrets: Record<string, Buffer>): Promise<Session> {
  const id = randomUUID();
  const services = [secretService(secrets), credentialService, healthService];
  const socket = await daemon.upgrade('/session', 'h2c', [
    ['X-Docker-Expose-Session-Uuid', id],
    ['X-Docker-Expose-Session-Name', 'landfall'],
    ...services.map((s): [string, string] => ['X-Docker-Expose-Session-Grpc-Method', s.path]),
  ]);
  const server = new grpc.Server();
  for (const { path, request, answer, handle } of services) {
    const definition: grpc.MethodDefinition<object, object> = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: request.encode,
      requestDeserialize: request.decode,
      responseSerialize: answer.encode,
      responseDeserialize: answer.decode,
    };
    const unary: grpc.handleUnaryCall<object, object> = (call, callback) => {
      const result = handle(call.request);
      if (result) callback(null, result);
      else callback({ code: grpc.status.NOT_FOUND, details: 'no such secret' });
    };
    server.addService({ method: definition }, { method: unary });
  }
  socket.on('error', () => {}); // the daemon went away: the build request says so itself
  server.createConnectionInjector(grpc.ServerCredentials.createInsecure()).injectConnection(socket);
  return {
    id,
    close() {
      server.forceShutdown();
      socket.destroy();
    },
  };
}

interface Service {
  path: string;
  request: ReturnType<typeof message>;
  answer: ReturnType<typeof message>;
  handle(request: object): object | null;
}

function secretService(secrets: Record<string, Buffer>): Service {
  return {
    path: '/moby.buildkit.secrets.v1.Secrets/GetSecret',
    request: message('GetSecretRequest'),
    answer: message('GetSecretResponse'),
    handle(request) {
      const id = 'ID' in request && typeof request.ID === 'string' ? request.ID : '';
      const data = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
      return data ? { data } : null;
    },
  };
}

const nothing = message('Nothing');

const credentialService: Service = {
  path: '/moby.filesync.v1.Auth/Credentials',
  request: nothing,
  answer: nothing,
  handle: () => ({}),
};

// BuildKit asks every few seconds and drops a session that does not answer: then a secret is missing in a late step.
const healthService: Service = {
  path: '/grpc.health.v1.Health/Check',
  request: nothing,
  answer: message('HealthCheckResponse'),
  handle: () => ({ status: 1 }),
};
