/** Text that grows by pieces up to a limit of characters; what comes after the limit is dropped and flagged. */
export interface BoundedText {
  append(piece: string): void;
  text(): string;
  readonly truncated: boolean;
}

export function boundedText(limitChars: number): BoundedText {
  const pieces: string[] = [];
  let length = 0;
  let truncated = false;
  return {
    append(piece) {
      const room = limitChars - length;
      if (piece.length > room) truncated = true;
      const kept = piece.length > room ? piece.slice(0, Math.max(room, 0)) : piece;
      if (kept.length > 0) pieces.push(kept);
      length += kept.length;
    },
    text: () => pieces.join(''),
    get truncated() {
      return truncated;
    },
  };
}
