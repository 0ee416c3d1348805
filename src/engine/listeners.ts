/** Where something listens, as the kernel says it inside one network namespace. */
export interface Listener {
  address: string;
  port: number;
}

const listening = '0A';

/** The listening sockets in /proc/net/tcp and /proc/net/tcp6 (one after the other). IPv4 addresses in IPv6 are written as IPv4. */
export function parseListeners(text: string): Listener[] {
  const found = new Map<string, Listener>();
  for (const line of text.split('\n')) {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
    if (!match?.[1] || !match[2] || state !== listening) continue;
    const listener = { address: address(match[1]), port: Number.parseInt(match[2], 16) };
    // Docker's own name server.
    if (listener.address === '127.0.0.11') continue;
    found.set(`${listener.address} ${listener.port}`, listener);
  }
  return [...found.values()];
}

/** Each 32-bit word is in the machine's order, little endian on all that we run on. */
function address(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  for (let word = 0; word < bytes.length; word += 4) bytes.subarray(word, word + 4).reverse();
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.subarray(0, 12).equals(mapped)) return bytes.subarray(12).join('.');
  return shorten(Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)));
}

const mapped = Buffer.from('00000000000000000000ffff', 'hex');

/** RFC 5952: the longest run of zeros as "::". */
function shorten(groups: string[]): string {
  const runs = [...groups.join(':').matchAll(/(^|:)0(:0)+(?=:|$)/g)].sort(
    (a, b) => b[0].length - a[0].length,
  );
  const run = runs[0];
  const text = groups.join(':');
  if (!run) return text;
  return `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length).replace(/^:/, '')}`;
}
