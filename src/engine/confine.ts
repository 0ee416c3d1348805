import type Docker from 'dockerode';
import type { InstanceSpec } from './engine.ts';

/**
 * What a user's own image may do as root inside: Docker's default list without NET_RAW (forged packets to neighbours), MKNOD,
 * AUDIT_WRITE, SYS_CHROOT and SETFCAP.
 */
const customCapabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'NET_BIND_SERVICE',
  'SETGID',
  'SETPCAP',
  'SETUID',
];

/** What the host can give. */
export interface Host {
  cores: number;
  /** The highest limit of open files that the daemon can set; null: the daemon's own is left as it is. */
  openFiles: number | null;
}

const mostOpenFiles = 65_536;

/**
 * Pure: what an app's container may use and do. More cores than the host has, Docker refuses. A limit of 0 is none.
 * The process limit counts threads too.
 */
export function confine(spec: InstanceSpec, host: Host): Docker.HostConfig {
  const { limits } = spec;
  const openFiles = host.openFiles && Math.min(host.openFiles, mostOpenFiles);
  return {
    // Without an init as PID 1, programs that set no handler of their own ignore SIGTERM.
    Init: true,
    CapDrop: ['ALL'],
    CapAdd: spec.confine === 'custom' ? customCapabilities : [],
    SecurityOpt: ['no-new-privileges:true'],
    Memory: limits.memoryBytes,
    // Memory and swap together: no swap, an app that needs more is killed instead of slowing all others.
    MemorySwap: limits.memoryBytes,
    NanoCpus: Math.round(Math.min(limits.cpus, host.cores) * 1e9),
    ...(limits.pids > 0 ? { PidsLimit: limits.pids } : {}),
    ...(openFiles ? { Ulimits: [{ Name: 'nofile', Soft: openFiles, Hard: openFiles }] } : {}),
    // When the host runs out of memory, apps go before the daemon, the proxy and this server.
    OomScoreAdj: 500,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    RestartPolicy: { Name: spec.restart },
  };
}

/** The hard limit of open files in the text of /proc/self/limits: as this process cannot go above it, the daemon rarely can. */
export function openFilesLimit(limits: string): number | null {
  const hard = /^Max open files +\S+ +(\d+)/m.exec(limits)?.[1];
  return hard ? Number(hard) : null;
}
