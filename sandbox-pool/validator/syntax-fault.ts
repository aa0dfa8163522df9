export interface SyntaxFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What the parser threw, as a place inside the source and a sentence without that place. */
export function syntaxErrorOf(thrown: unknown, source: string): SyntaxFault {
  const lines = source.split('\n').length;
  if (thrown instanceof RangeError) return { line: 1, column: 1, message: 'it is nested too deeply' };
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const fields: object = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const line =
    'lineno' in fields && typeof fields.lineno === 'number'
      ? fields.lineno
      : (numberAfter(text, ' at line ') ?? 1);
  const column =
    'col_offset' in fields && typeof fields.col_offset === 'number'
      ? fields.col_offset
      : (numberAfter(text, ', column ') ?? 0);
  const place = text.lastIndexOf(' at line ');
  const message = (place < 0 ? text : text.slice(0, place)).slice(0, 300);
  return { line: Math.min(Math.max(1, line), lines), column: Math.max(1, column + 1), message };
}

function numberAfter(text: string, mark: string): number | null {
  const at = text.lastIndexOf(mark);
  if (at < 0) return null;
  const number = Number.parseInt(text.slice(at + mark.length), 10);
  return Number.isNaN(number) ? null : number;
}
