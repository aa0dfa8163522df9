/** What a builtin is refused for. */
const forbidden = new Map<string, string>([
  ['eval', 'runs text as code'],
  ['exec', 'runs text as code'],
  ['compile', 'turns text into code'],
  ['__import__', 'imports by name, around every check'],
  ['breakpoint', 'starts a debugger'],
  ['input', 'waits for somebody to type'],
  ['help', 'starts a pager'],
  ['license', 'reads files'],
  ['copyright', 'reads files'],
  ['credits', 'reads files'],
]);

export function whyForbidden(name: string): string | undefined {
  return forbidden.get(name);
}

/** They hand out the program's own names as a dictionary, past every check of names. */
export const namespaceBuiltins: ReadonlySet<string> = new Set(['globals', 'locals', 'vars']);

/** They reach attributes by a name that is only known at run time. */
export const attributeBuiltins: ReadonlySet<string> = new Set(['getattr', 'setattr', 'delattr', 'hasattr']);

/** Ends the interpreter rather than the strategy. */
export const exitBuiltins: ReadonlySet<string> = new Set(['exit', 'quit']);

/** Rebinding one of these at module level changes what the rest of the program means. */
export const overridable: ReadonlySet<string> = new Set(
  `abs all any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate
  eval exec filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list
  locals map max memoryview min next object oct open ord pow print property range repr reversed round set setattr slice sorted
  staticmethod str sum super tuple type vars zip __import__ __builtins__ __build_class__`.split(/\s+/),
);

export const allBuiltins: ReadonlySet<string> = new Set([
  ...overridable,
  ...`exit quit copyright credits license aiter anext True False None Ellipsis NotImplemented __debug__ __doc__ __name__ __spec__
  __loader__ __package__ __file__ __annotations__ __dict__ __path__ __cached__ WindowsError
  ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError
  BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError
  DeprecationWarning EOFError EncodingWarning EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError
  FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError
  IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError
  NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError RecursionError
  ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning
  SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError
  UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError`.split(/\s+/),
]);
