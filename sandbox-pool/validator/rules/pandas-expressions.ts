import { parsePython } from '../parse-python.ts';
import { childrenOf, pythonName, type Node } from '../tree.ts';

const MAX_EXPRESSION = 500;

const functions = new Set(
  'sin cos tan exp log log10 log1p expm1 sqrt abs sinh cosh tanh arcsin arccos arctan floor ceil'.split(' '),
);

const harmlessNodes = new Set([
  'Module',
  'Expr',
  'Assign',
  'Name',
  'Constant',
  'BinOp',
  'BoolOp',
  'UnaryOp',
  'Compare',
  'Call',
  'List',
  'Tuple',
]);

/**
 * `frame.query("close > @limit and volume > 0")` is honest; attributes, subscripts and calls in such a text reach anything.
 * @returns what is wrong with the text, as the end of a sentence; null when it only calculates.
 */
export function whyUnsafeExpression(text: string): string | null {
  if (text.length > MAX_EXPRESSION) return 'is too long to judge';
  if (text.includes('__')) return 'names the inside of objects';
  if (text.includes('`')) return 'uses back-quoted names, which hide what they are';
  const plain = Array.from(text, (character, at) =>
    character === '@' && isNameStart(text, at + 1) ? ' ' : character,
  ).join('');
  if (plain.includes('@')) return 'uses "@" in an unusual way';
  let tree: Node;
  try {
    tree = parsePython(
      plain
        .split('\n')
        .map((line) => line.trim())
        .join('\n'),
    );
  } catch {
    return 'is no plain expression';
  }
  const open: Node[] = [tree];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!harmlessNodes.has(node.nodeType)) return `holds more than a calculation (${node.nodeType})`;
    if (
      node.nodeType === 'Call' &&
      !(node.func.nodeType === 'Name' && functions.has(pythonName(node.func.id)))
    )
      return 'calls a function';
    if (node.nodeType === 'Name' && pythonName(node.id) !== node.id) return 'disguises a name';
    open.push(...childrenOf(node));
  }
  return null;
}

function isNameStart(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f;
}
