import { createHash } from 'node:crypto';

/** A range of IPv4 addresses, both ends included, as 32-bit numbers. */
export interface Range {
  first: number;
  last: number;
}

/** Each app's share: 64 addresses, of which 61 are for instances. */
const shareBits = 26;
const shareSize = 2 ** (32 - shareBits);

export function parseAddress(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255))
    return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Null for what is not IPv4 in the form 10.201.0.0/16. */
export function parseRange(cidr: string): Range | null {
  const [text = '', bits = ''] = cidr.split('/');
  const address = parseAddress(text);
  if (address === null || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return null;
  const size = 2 ** (32 - Number(bits));
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}

/** The destinations in /proc/net/route (hexadecimal, little endian) but for the default route. */
export function parseRoutes(text: string): Range[] {
  const ranges: Range[] = [];
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const destination = littleEndian(fields[1] ?? '');
    const mask = littleEndian(fields[7] ?? '');
    if (destination === null || mask === null || mask === 0) continue;
    ranges.push({ first: destination, last: destination + (2 ** 32 - 1 - mask) });
  }
  return ranges;
}

function littleEndian(hex: string): number | null {
  if (!/^[0-9A-Fa-f]{8}$/.test(hex)) return null;
  return Buffer.from(hex, 'hex').readUInt32LE(0);
}

export interface Share {
  cidr: string;
  gateway: string;
}

/**
 * A free /26 of the subnet, or null. The search begins at a place that the key decides: an app whose network is made again
 * gets the same addresses, and an address that somebody still remembers does not pass to the next new app.
 */
export function freeShare(subnet: Range, taken: readonly Range[], key: string): Share | null {
  const count = Math.floor((subnet.last - subnet.first + 1) / shareSize);
  if (count === 0) return null;
  const start = createHash('sha256').update(key).digest().readUInt32BE(0) % count;
  for (let step = 0; step < count; step += 1) {
    const first = subnet.first + ((start + step) % count) * shareSize;
    const last = first + shareSize - 1;
    if (taken.some((range) => range.first <= last && first <= range.last)) continue;
    return { cidr: `${formatAddress(first)}/${shareBits}`, gateway: formatAddress(first + 1) };
  }
  return null;
}

/** `count` addresses for instances, none of them in `held`; those after `last` first, so that one just left is used late. */
export function freeAddresses(
  share: Range,
  held: ReadonlySet<string>,
  last: string | null,
  count: number,
): string[] {
  const begin = share.first + 2;
  const size = share.last - begin;
  const after = parseAddress(last ?? '') ?? begin - 1;
  const found: string[] = [];
  for (let step = 1; step <= size && found.length < count; step += 1) {
    const address = formatAddress(begin + ((((after - begin + step) % size) + size) % size));
    if (!held.has(address)) found.push(address);
  }
  return found;
}
