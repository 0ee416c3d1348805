import protobuf from 'protobufjs';

// The few messages of BuildKit that are needed, written by hand from its .proto files (api/services/control,
// session/auth, session/secrets) and of grpc.health.v1. Fields that nothing reads are left out: protobuf skips them.
const root = protobuf.Root.fromJSON({
  nested: {
    Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
    Vertex: {
      fields: {
        digest: { type: 'string', id: 1 },
        name: { type: 'string', id: 3 },
        cached: { type: 'bool', id: 4 },
        started: { type: 'Timestamp', id: 5 },
        completed: { type: 'Timestamp', id: 6 },
        error: { type: 'string', id: 7 },
      },
    },
    VertexLog: { fields: { vertex: { type: 'string', id: 1 }, msg: { type: 'bytes', id: 4 } } },
    StatusResponse: {
      fields: {
        vertexes: { rule: 'repeated', type: 'Vertex', id: 1 },
        logs: { rule: 'repeated', type: 'VertexLog', id: 3 },
      },
    },
    GetSecretRequest: { fields: { ID: { type: 'string', id: 1 } } },
    GetSecretResponse: { fields: { data: { type: 'bytes', id: 1 } } },
    HealthCheckResponse: { fields: { status: { type: 'int32', id: 1 } } },
    Nothing: { fields: {} },
  },
});

/** Encodes and decodes one message type. */
export function message(name: string): {
  encode: (value: object) => Buffer;
  decode: (bytes: Uint8Array) => object;
} {
  const type = root.lookupType(name);
  return {
    encode: (value) => Buffer.from(type.encode(type.create(value)).finish()),
    decode: (bytes) =>
      type.toObject(type.decode(bytes), { longs: Number, bytes: Buffer, defaults: true, arrays: true }),
  };
}

/** One step of a build: BuildKit sends it again whenever something of it changes. */
export interface Vertex {
  digest: string;
  name: string;
  cached: boolean;
  /** Seconds since 1970; null: not yet. */
  started: number | null;
  completed: number | null;
  error: string;
}

/** What BuildKit says of a running build. */
export interface Status {
  vertexes: Vertex[];
  logs: { vertex: string; text: string }[];
}

interface RawTimestamp {
  seconds: number;
  nanos: number;
}
interface RawStatus {
  vertexes: (Omit<Vertex, 'started' | 'completed'> & {
    started: RawTimestamp | null;
    completed: RawTimestamp | null;
  })[];
  logs: { vertex: string; msg: Buffer }[];
}

const status = message('StatusResponse');

/** Decodes one `moby.buildkit.trace` message. */
export function decodeStatus(base64: string): Status {
  // The shape is what protobufjs makes of the definitions above, not what the sender chose.
  const raw = status.decode(Buffer.from(base64, 'base64')) as RawStatus;
  return {
    vertexes: raw.vertexes.map((v) => ({
      ...v,
      started: seconds(v.started),
      completed: seconds(v.completed),
    })),
    logs: raw.logs.map((l) => ({ vertex: l.vertex, text: l.msg.toString() })),
  };
}

function seconds(time: RawTimestamp | null): number | null {
  return time ? time.seconds + time.nanos / 1e9 : null;
}
