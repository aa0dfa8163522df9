import { Lexer, parse, TokenType } from 'py-ast';
import type { NodeOf } from './tree.ts';

/** Everything here parses through this. @throws what the parser throws, on a syntax error */
export function parsePython(source: string): NodeOf<'Module'> {
  return parse(source);
}

/** What the lexer of the pinned version has inside. */
interface LexerInside {
  readonly source: string;
  readonly position: { line: number; column: number; index: number };
  readonly isAlpha: (this: LexerInside, character: string) => boolean;
  readonly isAlphaNumeric: (this: LexerInside, character: string) => boolean;
  readonly scanIdentifier: (this: LexerInside) => void;
  readonly advance: (this: LexerInside) => string;
  readonly addTokenAt: (
    this: LexerInside,
    type: string,
    value: string,
    start: { line: number; column: number },
  ) => void;
}

// The lexer asks a regular expression about each character and copies names character by character, which is a third of a parse.
// For ASCII the same answers come from a table; everything else still goes the lexer's own way. A test holds the tokens of both
// against each other over all corpora.
const lexer = Lexer.prototype as unknown as LexerInside;
const inherited: Pick<LexerInside, 'isAlpha' | 'isAlphaNumeric' | 'scanIdentifier' | 'advance'> = {
  isAlpha: lexer.isAlpha,
  isAlphaNumeric: lexer.isAlphaNumeric,
  scanIdentifier: lexer.scanIdentifier,
  advance: lexer.advance,
};

const ASCII = 0x80;
const LINE_FEED = 0x0a;
const asciiCharacters = Array.from({ length: ASCII }, (_, code) => String.fromCharCode(code));
const startsName = asciiCharacters.map((character) => lexer.isAlpha(character));
const continuesName = asciiCharacters.map((character) => lexer.isAlphaNumeric(character));
const inName = asciiCharacters.map((character) => lexer.isAlphaNumeric(character) || character === '_');
const keywords = new Map(
  Object.values(TokenType)
    .flatMap((type) => [type.toLowerCase(), type.slice(0, 1) + type.slice(1).toLowerCase()])
    .map((word): [string, string] => [word, new Lexer(word).tokenize()[0]?.type ?? 'NAME']),
);

Object.assign(lexer, {
  isAlpha(character) {
    const code = character.charCodeAt(0);
    return code < ASCII ? startsName[code] === true : inherited.isAlpha.call(this, character);
  },

  isAlphaNumeric(character) {
    const code = character.charCodeAt(0);
    return code < ASCII ? continuesName[code] === true : inherited.isAlphaNumeric.call(this, character);
  },

  scanIdentifier() {
    const { source, position } = this;
    const { line, column, index } = position;
    let end = index;
    while (end < source.length && inName[source.charCodeAt(end)] === true) end += 1;
    const next = source.charCodeAt(end);
    const isPrefix = source[end] === '"' || source[end] === "'";
    if (next >= ASCII || isPrefix || end === index) return inherited.scanIdentifier.call(this);
    const name = source.slice(index, end);
    position.column = column + name.length;
    position.index = end;
    this.addTokenAt(keywords.get(name) ?? 'NAME', name, { line, column });
  },

  advance() {
    const { source, position } = this;
    const code = source.charCodeAt(position.index);
    // Also false past the end, where there is no code.
    if (!(code < ASCII) || code === LINE_FEED) return inherited.advance.call(this);
    position.column += 1;
    position.index += 1;
    return source[position.index - 1] ?? '';
  },
} satisfies Pick<LexerInside, 'isAlpha' | 'isAlphaNumeric' | 'scanIdentifier' | 'advance'>);
