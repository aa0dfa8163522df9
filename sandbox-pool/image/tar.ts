/** One file of an archive; the path is relative and at most 100 bytes. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: Buffer;
}

const blockBytes = 512;

/** A ustar archive of plain files, owned by root and dated at the epoch, so that equal content gives equal bytes. */
export function tarArchive(files: readonly ArchiveFile[]): Buffer {
  const blocks = files.flatMap(({ path, content }) => [
    header(path, content.length),
    content,
    padding(content.length),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function header(path: string, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`too long for a tar header: ${path}`);
  const block = Buffer.alloc(blockBytes);
  block.write(path, 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        0', 148);
  block.write('ustar\0', 257);
  block.write('00', 263);
  // The check sum is taken with its own field blank.
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function padding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}
