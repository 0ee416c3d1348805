import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';

const labels = Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]);

const endpoints = Type.Union([
  Type.Record(
    Type.String(),
    Type.Object({
      EndpointID: Type.String(),
      IPAddress: Type.String(),
      IPAMConfig: Type.Optional(
        Type.Union([Type.Object({ IPv4Address: Type.Optional(Type.String()) }), Type.Null()]),
      ),
    }),
  ),
  Type.Null(),
]);

const summary = Type.Object({
  Id: Type.String(),
  Labels: labels,
  State: Type.String(),
  NetworkSettings: Type.Optional(Type.Union([Type.Object({ Networks: endpoints }), Type.Null()])),
});
/** A container as the list shows it. */
export type Summary = Static<typeof summary>;

const details = Type.Object({
  Id: Type.String(),
  RestartCount: Type.Integer(),
  Image: Type.String(),
  Config: Type.Object({ Labels: labels }),
  State: Type.Object({
    Status: Type.String(),
    OOMKilled: Type.Boolean(),
    ExitCode: Type.Integer(),
    StartedAt: Type.String(),
    Pid: Type.Integer(),
  }),
  HostConfig: Type.Object({ RestartPolicy: Type.Object({ Name: Type.String() }) }),
  NetworkSettings: Type.Object({ Networks: endpoints }),
});
/** A container as `inspect` shows it. */
export type Details = Static<typeof details>;

const network = Type.Object({
  Id: Type.String(),
  Name: Type.String(),
  Labels: labels,
  IPAM: Type.Object({
    Config: Type.Union([Type.Array(Type.Object({ Subnet: Type.Optional(Type.String()) })), Type.Null()]),
  }),
});
export type NetworkAnswer = Static<typeof network>;

const event = Type.Object({
  Action: Type.String(),
  Actor: Type.Object({ ID: Type.String(), Attributes: Type.Record(Type.String(), Type.String()) }),
});

function parser<T extends TSchema>(schema: T, what: string): (value: unknown) => Static<T> {
  const check = TypeCompiler.Compile(schema);
  return (value) => {
    if (check.Check(value)) return value;
    const first = check.Errors(value).First();
    throw new Error(`Docker's answer is no ${what}: ${first?.path ?? ''} ${first?.message ?? ''}`);
  };
}

export const parseContainers = parser(Type.Array(summary), 'list of containers');
export const parseDetails = parser(details, 'container');
export const parseNetwork = parser(network, 'network');
export const parseNetworks = parser(Type.Array(network), 'list of networks');
export const parseCreated = parser(Type.Object({ Id: Type.String() }), 'created object');
export const parseEvent = parser(event, 'event');
export const parseExit = parser(Type.Object({ StatusCode: Type.Integer() }), 'exit');
export const parseInfo = parser(Type.Object({ DockerRootDir: Type.String(), NCPU: Type.Integer() }), 'info');
export const parseVersion = parser(
  Type.Object({ Version: Type.String(), ApiVersion: Type.String(), MinAPIVersion: Type.String() }),
  'version',
);
