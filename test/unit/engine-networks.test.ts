import { describe, expect, it } from 'vitest';
import { parseListeners } from '../../src/engine/listeners.ts';
import { freeAddresses, freeShare, parseRange, parseRoutes, type Range } from '../../src/engine/subnets.ts';

function range(cidr: string): Range {
  const parsed = parseRange(cidr);
  if (!parsed) throw new Error(cidr);
  return parsed;
}

describe('the share of an app', () => {
  const subnet = range('10.201.0.0/24');

  it('is the same for the same app, and skips what Docker or the host uses', () => {
    const share = freeShare(subnet, [], 'landfall.a1');
    expect(share).toEqual(freeShare(subnet, [], 'landfall.a1'));
    const other = freeShare(subnet, [range(share?.cidr ?? '')], 'landfall.a1');
    expect(other).not.toBeNull();
    expect(other).not.toEqual(share);
  });

  it('is none of another, until the subnet is full', () => {
    const taken: Range[] = [];
    const cidrs = ['a', 'b', 'c', 'd'].map((app) => {
      const share = freeShare(subnet, taken, app);
      taken.push(range(share?.cidr ?? ''));
      return share?.cidr;
    });
    expect(cidrs.sort()).toEqual(['10.201.0.0/26', '10.201.0.128/26', '10.201.0.192/26', '10.201.0.64/26']);
    expect(freeShare(subnet, taken, 'e')).toBeNull();
  });

  it('is none when a greater network covers the subnet, or the subnet is too small', () => {
    expect(freeShare(subnet, [range('10.0.0.0/8')], 'a')).toBeNull();
    expect(freeShare(range('10.201.0.0/27'), [], 'a')).toBeNull();
  });

  it.each(['10.201.0.0', '10.201.0.0/33', '10.201.0/16', '256.1.1.1/8', 'fd00::/8', ''])(
    'cannot be cut of "%s"',
    (cidr) => {
      expect(parseRange(cidr)).toBeNull();
    },
  );
});

describe('addresses', () => {
  const share = range('10.201.0.64/26');

  it('leave out the network, the gateway and the broadcast address', () => {
    const all = freeAddresses(share, new Set(), null, 100);
    expect(all).toHaveLength(61);
    expect(all.at(0)).toBe('10.201.0.66');
    expect(all.at(-1)).toBe('10.201.0.126');
  });

  it('go on after the last one given, round and round, without those that are held', () => {
    expect(freeAddresses(share, new Set(['10.201.0.126', '10.201.0.66']), '10.201.0.124', 3)).toEqual([
      '10.201.0.125',
      '10.201.0.67',
      '10.201.0.68',
    ]);
  });
});

describe('the routes of the host', () => {
  it('are read without the default route', () => {
    const text = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
`;
    expect(parseRoutes(text)).toEqual([range('172.17.0.0/16'), range('192.0.2.0/24')]);
  });
});

describe('what listens', () => {
  it('is read from both tables, without clients and without the name server of Docker', () => {
    const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0B00007F:9C4B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0200D10A:1388 0100D10A:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000200D10A:0050 00000000000000000000000000000000:0000 0A 00000000:00000000
   3: B80D01200000000000000000FE000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000
`;
    expect(parseListeners(text)).toEqual([
      { address: '127.0.0.1', port: 5000 },
      { address: '::', port: 3000 },
      { address: '::1', port: 8080 },
      { address: '10.209.0.2', port: 80 },
      { address: '2001:db8::fe', port: 81 },
    ]);
  });
});
