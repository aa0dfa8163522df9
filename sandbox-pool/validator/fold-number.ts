import { numberValue, unknown, type Value } from './values.ts';

export function negated(value: Value): Value {
  return value.kind === 'number' ? numberValue(-value.number) : unknown;
}

/**
 * Integer arithmetic. Beyond 2⁵³ only sizes are kept, by `*` and `**`: a difference of two such numbers would be wrong, and a
 * wrong number could pass for a harmless character.
 */
export function combineNumbers(operator: string, left: number, right: number): Value {
  const isExact = Number.isSafeInteger(left) && Number.isSafeInteger(right);
  if (operator === 'Pow' || operator === 'Mult' || operator === 'LShift') {
    const result =
      operator === 'Pow' ? left ** right : operator === 'Mult' ? left * right : left * 2 ** right;
    const isSize = Number.isSafeInteger(result) ? isExact : Math.abs(result) > Number.MAX_SAFE_INTEGER;
    return isSize || (operator !== 'LShift' && Number.isFinite(result) && isExact)
      ? numberValue(result)
      : unknown;
  }
  if (!isExact) return unknown;
  switch (operator) {
    case 'Add':
      return exact(left + right);
    case 'Sub':
      return exact(left - right);
    case 'FloorDiv':
      return right === 0 ? unknown : exact(Math.floor(left / right));
    case 'Mod':
      return right === 0 ? unknown : exact(((left % right) + right) % right);
    case 'BitXor':
    case 'BitOr':
    case 'BitAnd':
      if (left < 0 || right < 0 || left > 0x7fffffff || right > 0x7fffffff) return unknown;
      return numberValue(
        operator === 'BitXor' ? left ^ right : operator === 'BitOr' ? left | right : left & right,
      );
    case 'RShift':
      return left < 0 || left > 0x7fffffff || right < 0 || right > 31 ? unknown : numberValue(left >> right);
    default:
      return unknown;
  }
}

function exact(result: number): Value {
  return Number.isSafeInteger(result) ? numberValue(result) : unknown;
}
