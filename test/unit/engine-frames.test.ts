import { describe, expect, it } from 'vitest';
import { Frames, Lines, maxLineBytes, timedLine } from '../../src/engine/frames.ts';

function frame(stream: 1 | 2, text: string): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

describe('the multiplexed log stream', () => {
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'zwölf\n'), frame(1, ''), frame(1, 'three\n')]);
  const expected = [
    ['stdout', 'one\n'],
    ['stderr', 'zwölf\n'],
    ['stdout', ''],
    ['stdout', 'three\n'],
  ];

  it.each([1, 3, 7, 8, 9, 1000])('is the same in chunks of %i bytes', (size) => {
    const frames = new Frames();
    const seen: [string, string][] = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const { stream, data } of frames.push(bytes.subarray(at, at + size)))
        seen.push([stream, data.toString()]);
    }
    expect(seen).toEqual(expected);
  });

  it('is refused when it is something else', () => {
    expect(() => new Frames().push(Buffer.from('HTTP/1.1 500 no'))).toThrow(/multiplexed/);
  });

  it('has the time before each line', () => {
    const [first] = new Frames().push(frame(2, '2026-01-02T03:04:05.123456789Z a b \r\n'));
    expect(first && timedLine(first)).toEqual({ time: '2026-01-02T03:04:05.123456789Z', text: 'a b ' });
  });
});

describe('lines', () => {
  it('are whole whatever the borders of the chunks, within a character too', () => {
    const text = Buffer.from('ein Straßenname\r\n\nohne Ende');
    for (let cut = 0; cut <= text.length; cut += 1) {
      const lines = new Lines();
      const seen = [...lines.push(text.subarray(0, cut)), ...lines.push(text.subarray(cut)), ...lines.end()];
      expect(seen).toEqual(['ein Straßenname', '', 'ohne Ende']);
    }
  });

  it('are cut at 16 KiB, and what is kept of an endless one stays small', () => {
    const lines = new Lines();
    const seen = [1, 2, 3, 4, 5].flatMap(() => lines.push(Buffer.alloc(10_000, 'x')));
    expect(seen.map(({ length }) => length)).toEqual([maxLineBytes, maxLineBytes, maxLineBytes]);
    expect(lines.end().map(({ length }) => length)).toEqual([50_000 - 3 * maxLineBytes]);
    expect(new Lines().push(Buffer.from(`${'y'.repeat(20_000)}\n`)).map(({ length }) => length)).toEqual([
      16384, 3616,
    ]);
  });
});
