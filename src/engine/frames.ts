import { StringDecoder } from 'node:string_decoder';

export interface Frame {
  stream: 'stdout' | 'stderr';
  data: Buffer;
}

const headerBytes = 8;
/** Docker's own writes are at most 16 KiB and a time; more than this is not a log stream. */
const maxFrameBytes = 1024 * 1024;
/** A longer line comes as several. */
export const maxLineBytes = 16 * 1024;

/** Docker's multiplexed stream: 8 bytes of header (stream, 0, 0, 0, size as 32 bits), then the data; cut anywhere by the network. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete with this chunk. */
  push(chunk: Buffer): Frame[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (bytes.length >= headerBytes) {
      const size = bytes.readUInt32BE(4);
      if (size > maxFrameBytes)
        throw new Error(`a log frame of ${size} bytes: not Docker's multiplexed stream`);
      if (bytes.length < headerBytes + size) break;
      frames.push({
        stream: bytes[0] === 2 ? 'stderr' : 'stdout',
        data: bytes.subarray(headerBytes, headerBytes + size),
      });
      bytes = bytes.subarray(headerBytes + size);
    }
    this.#rest = bytes;
    return frames;
  }
}

/** One frame of `logs?timestamps=1` is one line (or 16 KiB of a longer one): "<RFC 3339> text\n". */
export function timedLine(frame: Frame): { time: string; text: string } {
  const text = frame.data.toString('utf8');
  const space = text.indexOf(' ');
  return { time: text.slice(0, space), text: text.slice(space + 1).replace(/\r?\n$/, '') };
}

/** Cuts a stream of bytes into lines, whatever the borders of its chunks; at 16 KiB where there is no line end. */
export class Lines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  push(data: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(data)).split('\n');
    let rest = lines.pop() ?? '';
    const done = lines.flatMap((line) => pieces(line.replace(/\r$/, '')));
    while (rest.length > maxLineBytes) {
      done.push(rest.slice(0, maxLineBytes));
      rest = rest.slice(maxLineBytes);
    }
    this.#rest = rest;
    return done;
  }

  /** What came after the last line end. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}

function pieces(line: string): string[] {
  if (line.length <= maxLineBytes) return [line];
  const parts: string[] = [];
  for (let start = 0; start < line.length; start += maxLineBytes)
    parts.push(line.slice(start, start + maxLineBytes));
  return parts;
}
