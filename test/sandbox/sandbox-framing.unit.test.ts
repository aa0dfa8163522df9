import { expect } from 'chai';
import fc from 'fast-check';
import { Demultiplexer } from '../../sandbox-pool/docker/multiplex.ts';
import { FrameReader, ProtocolBroken, type Frame } from '../../sandbox-pool/pool/frames.ts';
import { OutputCapture } from '../../sandbox-pool/pool/output-capture.ts';

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const parts: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
};
const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe('sandbox: framing', () => {
  it("takes the engine's streams apart whatever the boundaries of the chunks", () => {
    const messages = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 90 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(messages, pieces, (sent, sizes) => {
        const wire = Buffer.concat(
          sent.flatMap(([stream, bytes]) => {
            const header = Buffer.alloc(8);
            header[0] = stream;
            header.writeUInt32BE(bytes.length, 4);
            return [header, Buffer.from(bytes)];
          }),
        );
        const got: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
        const demultiplexer = new Demultiplexer(
          (bytes) => got[1].push(Buffer.from(bytes)),
          (bytes) => got[2].push(Buffer.from(bytes)),
        );
        for (const part of cut(wire, sizes)) demultiplexer.push(part);
        for (const stream of [1, 2] as const) {
          const expected = Buffer.concat(
            sent.filter(([to]) => to === stream).map(([, bytes]) => Buffer.from(bytes)),
          );
          expect(Buffer.concat(got[stream]).equals(expected)).to.equal(true);
        }
      }),
    );
  });

  it('reads frames whatever the boundaries, and gives each exactly once', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom('O', 'S', 'E', 'K'), fc.uint8Array({ maxLength: 90 })));
    fc.assert(
      fc.property(frames, pieces, (sent, sizes) => {
        const wire = Buffer.concat(
          sent.flatMap(([type, payload]) => {
            const header = Buffer.alloc(5);
            header.write(type, 0, 'latin1');
            header.writeUInt32LE(payload.length, 1);
            return [header, Buffer.from(payload)];
          }),
        );
        const got: Frame[] = [];
        const reader = new FrameReader((frame) => got.push(frame));
        for (const part of cut(wire, sizes)) reader.push(part);
        expect(got.map(({ type, payload }) => [type, [...payload]])).to.deep.equal(
          sent.map(([type, payload]) => [type, [...payload]]),
        );
      }),
    );
  });

  const announced = (type: string, length: number): Buffer => {
    const header = Buffer.alloc(5);
    header.write(type, 0, 'latin1');
    header.writeUInt32LE(length, 1);
    return header;
  };

  it('refuses a length beyond its bound before a byte of it has come', () => {
    for (const [type, length] of [
      ['E', 300_000],
      ['O', 65_537],
      ['P', 1],
      ['A', 17],
      ['Z', 0],
    ] as const) {
      const reader = new FrameReader(() => undefined);
      expect(() => reader.push(announced(type, length)), type).to.throw(ProtocolBroken);
    }
  });

  it('takes positions for as many bars as were sent, and no more', () => {
    const reader = new FrameReader(() => undefined);
    reader.longestPositions = 16 + 8 * 3;
    expect(() => reader.push(announced('P', 16 + 8 * 3))).not.to.throw();
    const other = new FrameReader(() => undefined);
    other.longestPositions = 16 + 8 * 3;
    expect(() => other.push(announced('P', 16 + 8 * 4))).to.throw(ProtocolBroken);
  });

  it('keeps the first bytes of each stream, cuts no character in two and says when there was too much', () => {
    const capture = new OutputCapture(5, 100);
    expect(capture.add('stdout', Buffer.from('aé'))).to.equal(true);
    expect(capture.add('stdout', Buffer.from('é€'))).to.equal(true);
    expect(capture.add('stderr', Buffer.from([0xff]))).to.equal(true);
    expect(capture.result()).to.deep.equal({
      stdout: 'aéé',
      stderr: '\ufffd',
      stdoutTruncated: true,
      stderrTruncated: false,
    });
    expect(capture.add('stderr', Buffer.alloc(100))).to.equal(false);
  });

  it('keeps a listener that throws away from the run', () => {
    let told = 0;
    const capture = new OutputCapture(100, 100, () => {
      told++;
      throw new Error('the listener is broken');
    });
    expect(capture.add('stdout', Buffer.from('one'))).to.equal(true);
    expect(capture.add('stdout', Buffer.from('two'))).to.equal(true);
    expect(told).to.equal(1);
    expect(capture.result().stdout).to.equal('onetwo');
  });
});
