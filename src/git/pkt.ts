import { Transform, type TransformCallback } from 'node:stream';
import { UserError } from '../errors.ts';
import { refusal } from './lines.ts';

/** One line of git's protocol: four hex digits of length, then the payload (gitprotocol-common). */
export function pkt(payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

/** What git says itself when it refuses objects, before any hook of ours runs; and how we say it. */
const translations: readonly { pattern: RegExp; error: UserError }[] = [
  {
    pattern: /pack exceeds maximum allowed size/,
    error: new UserError(
      'too-large',
      'The push is larger than this server takes.',
      'Keep large files out of git (git rm --cached, .gitignore); if they are in older commits, push a squashed history.',
    ),
  },
  {
    pattern: /fsck error in packed object/,
    error: new UserError(
      'bad-input',
      'The push holds objects that git itself calls malformed (named above).',
      'Look at them with git fsck; a commit made anew on top of good history can be pushed.',
    ),
  },
];

const progress = 2;

/**
 * Passes receive-pack's answer on, packet by packet as they come, and puts our words below git's where git refuses the
 * objects itself. Whatever is no packet is passed on as it is.
 */
export class Translate extends Transform {
  #rest: Buffer = Buffer.alloc(0);
  /** The line of progress that has begun: git cuts its text every 128 bytes. */
  #line = '';

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const head = this.#rest.toString('latin1', 0, 4);
      const length = /^[0-9a-f]{4}$/.test(head) ? Math.max(4, Number.parseInt(head, 16)) : this.#rest.length;
      if (length > this.#rest.length) break;
      this.push(this.#translate(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#rest);
  }

  #translate(packet: Buffer): Buffer {
    if (packet[4] !== progress) return packet;
    const said = packet.toString('latin1', 5);
    const pieces = said.split(/(?<=\n)/).map((piece) => {
      this.#line += piece;
      if (!piece.endsWith('\n')) return piece;
      const found = translations.find(({ pattern }) => pattern.test(this.#line));
      this.#line = '';
      return found ? piece + bytes(found.error) : piece;
    });
    const ours = pieces.join('');
    return ours === said ? packet : pkt(Buffer.from(`\u0002${ours}`, 'latin1'));
  }
}

/** Our words as bytes, one a character, as the text that they are put into. */
function bytes(error: UserError): string {
  return Buffer.from(`${refusal(error).join('\n')}\n`).toString('latin1');
}
