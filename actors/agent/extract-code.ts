import { TradewrightError } from '../../contracts/errors.ts';

/** The longest code a strategy may have, characters: what the contract of `agent.generate` takes. */
export const CODE_LIMIT_CHARS = 65_536;
const ANSWER_LIMIT_CHARS = 1_048_576;
const ENTRY_POINT = /^[ \t]*(?:async[ \t]+)?def[ \t]+generate_signals[ \t]*\(/m;

interface Block {
  readonly language: string;
  readonly code: string;
}

/**
 * The Python code of a model's answer: from a fenced block, a JSON object with `code`, or bare code between prose. Of
 * several blocks the last one that defines `generate_signals` counts, since models improve on their first draft; else the
 * longest Python one. Fails with AGENT_ANSWER_EMPTY when there is none or it is longer than CODE_LIMIT_CHARS.
 */
export function extractCode(answer: string): string {
  if (answer.length > ANSWER_LIMIT_CHARS) throw empty(`the answer has ${answer.length} characters`);
  const text = withoutThinking(answer.replace(/\r\n?/g, '\n'));
  const code = tidy(fromFences(text) ?? fromJson(text) ?? fromBareCode(text) ?? '');
  if (code === '') throw empty('the answer holds no Python code');
  if (code.length > CODE_LIMIT_CHARS) throw empty(`the code has more than ${CODE_LIMIT_CHARS} characters`);
  return code;
}

const empty = (why: string): TradewrightError => new TradewrightError('AGENT_ANSWER_EMPTY', why);

/** Servers without a reasoning parser leave the thinking in the answer, as `<think>…</think>` before it. */
export function withoutThinking(answer: string): string {
  const end = answer.lastIndexOf('</think>');
  return /^\s*<think>/.test(answer) && end >= 0 ? answer.slice(end + '</think>'.length) : answer;
}

function fromFences(text: string): string | undefined {
  const blocks = fencedBlocks(text);
  const python = blocks.filter(({ language }) => /^(?:python3?|py|)$/i.test(language));
  const candidates = python.length > 0 ? python : blocks.filter(({ code }) => ENTRY_POINT.test(code));
  const complete = candidates.filter(({ code }) => ENTRY_POINT.test(code));
  const last = complete.at(-1);
  if (last !== undefined) return last.code;
  return candidates.reduce<Block | undefined>(
    (longest, block) => (block.code.trim().length > (longest?.code.trim().length ?? 0) ? block : longest),
    undefined,
  )?.code;
}

/** Fences as CommonMark has them: three or more ` or ~, closed by at least as many; an unclosed one runs to the end. */
function fencedBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; indent: number; language: string; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const mark = /^([ \t]*)(`{3,}|~{3,})[ \t]*(.{0,200})$/.exec(line);
    const [, indent = '', fence = '', info = ''] = mark ?? [];
    if (open === undefined) {
      if (mark !== null && !info.includes('`')) {
        open = { fence, indent: indent.length, language: info.split(/[\s{,:]/)[0] ?? '', lines: [] };
      }
      continue;
    }
    if (mark !== null && info.trim() === '' && fence.startsWith(open.fence)) {
      blocks.push({ language: open.language, code: open.lines.join('\n') });
      open = undefined;
      continue;
    }
    const { indent: taken } = open;
    open.lines.push(line.slice(0, taken).trim() === '' ? line.slice(taken) : line);
  }
  if (open !== undefined) blocks.push({ language: open.language, code: open.lines.join('\n') });
  return blocks;
}

function fromJson(text: string): string | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const code = typeof value === 'object' && value !== null && 'code' in value ? value.code : undefined;
    return typeof code === 'string' ? (fromFences(code) ?? code) : undefined;
  } catch {
    return undefined;
  }
}

/** Where code can begin at the left margin. */
const OPENING =
  /^(?:import |from \w[\w.]* import |def |class |@|#|"""|'''|[A-Z][A-Z0-9_]* *(?::[^=]*)?= *\S)/;
/** What may stand at the left margin within code; prose does not look like it. */
const AT_MARGIN =
  /^(?:(?:import|from|def|class|if|elif|else|for|while|with|try|except|finally|return|assert|del|raise|pass|async|global)\b.*|[@#)\]}"'].*|[A-Za-z_][\w.]*(?:\[[^\]]*\])? *(?::[^=]*)?[-+*/|&]?=[^=].*|[A-Za-z_][\w.]*\(.*)$/;

/** Code without a fence: from its first line that can only be code to the last before prose begins again. */
function fromBareCode(text: string): string | undefined {
  if (!ENTRY_POINT.test(text)) return undefined;
  const lines = text.split('\n');
  const start = lines.findIndex((line) => OPENING.test(line));
  if (start < 0) return undefined;
  const kept: string[] = [];
  let quote: string | undefined;
  for (const line of lines.slice(start)) {
    const free = quote === undefined;
    if (free && line.trim() !== '' && !/^[ \t]/.test(line) && !AT_MARGIN.test(line)) break;
    for (const [mark] of line.matchAll(/"""|'''/g)) {
      if (quote === undefined) quote = mark;
      else if (quote === mark) quote = undefined;
    }
    kept.push(line);
  }
  const code = kept.join('\n');
  return ENTRY_POINT.test(code) ? code : undefined;
}

function tidy(code: string): string {
  const body = code
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/^\n+/, '')
    .trimEnd();
  return body === '' ? '' : `${body}\n`;
}
