import { numpyNames } from './numpy-names.ts';
import { pandasNames } from './pandas-names.ts';
import { standardLibraryNames } from './standard-library-names.ts';

const publicNames = new Map<string, ReadonlySet<string>>(
  [numpyNames, pandasNames, standardLibraryNames].flatMap((names) =>
    Object.entries(names).map(([module, list]): [string, ReadonlySet<string>] => [
      module,
      new Set(list.split(/\s+/).filter((name) => name !== '')),
    ]),
  ),
);

/** Why a module is forbidden, said to the author of a strategy. */
const forbiddenGroups: readonly (readonly [why: string, modules: string])[] = [
  [
    'starts processes or talks to the operating system',
    `os posix nt subprocess pty popen2 commands signal sched resource fcntl termios tty pwd grp spwd crypt syslog select selectors
    platform sysconfig site ctypes cffi mmap multiprocessing threading _thread concurrent asyncio asyncore asynchat queue psutil
    pexpect sh plumbum fabric docker paramiko posixpath ntpath genericpath stat errno faulthandler atexit curses readline getpass`,
  ],
  [
    'reads or writes files',
    `io pathlib shutil tempfile glob fileinput filecmp linecache zipfile tarfile gzip bz2 lzma zlib csv configparser netrc plistlib
    sqlite3 dbm shelve pickle cPickle dill cloudpickle joblib marshal pickletools copyreg mailbox wave tomllib h5py tables pyarrow
    openpyxl xlrd fsspec codecs fnmatch tokenize`,
  ],
  [
    'talks to the network',
    `socket socketserver ssl http urllib urllib2 urllib3 ftplib poplib imaplib nntplib smtplib smtpd telnetlib xmlrpc webbrowser
    wsgiref cgi cgitb uuid ipaddress email requests httpx aiohttp websocket websockets boto3 botocore redis zmq nats pymongo
    sqlalchemy psycopg2 pymysql kafka yfinance ccxt alpaca_trade_api binance ib_insync pandas_datareader quandl openai anthropic
    polygon alpha_vantage tweepy`,
  ],
  [
    'runs other code or opens the interpreter',
    `sys builtins __builtin__ __main__ importlib imp runpy pkgutil zipimport zipapp code codeop compileall py_compile dis inspect gc
    ast symtable traceback2 trace tracemalloc bdb pdb profile cProfile pstats timeit doctest unittest lib2to3 types2 weakref
    modulefinder pydoc opcode token keyword rlcompleter distutils ensurepip venv pip setuptools pkg_resources _distutils_hack wheel
    six cython pyximport pycparser IPython ipykernel jupyter numexpr matplotlib antigravity this idlelib turtle tkinter test xml
    html encodings gettext locale optparse argparse getopt cmd shlex pprint2 base64 binascii secrets contextvars tradewright runner`,
  ],
];

const forbidden = new Map<string, string>(
  forbiddenGroups.flatMap(([why, modules]) =>
    modules
      .split(/\s+/)
      .filter((name) => name !== '')
      .map((name): [string, string] => [name, why]),
  ),
);

/** Modules of Python 3.11's own library that are on neither list: they exist, so importing them runs code nobody has looked at. */
const otherStandardModules = new Set(
  `aifc audioop cgi chunk colorsys difflib hmac imghdr msilib nis nturl2path ossaudiodev pipes pyclbr pydoc_data pyexpat quopri
  reprlib sndhdr sre_compile sre_constants sre_parse stringprep sunau tabnanny turtledemo unicodedata uu winreg winsound xdrlib
  mailcap mimetypes msvcrt binhex formatter parser smtpd asynchat`.split(/\s+/),
);

export type ImportVerdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'forbidden'; readonly why: string }
  /** Not a module of the sandbox as far as we know: the import fails there. */
  | { readonly kind: 'unknown' };

/** @param path the dotted path as it is imported, `numpy.random`. */
export function judgeImport(path: string): ImportVerdict {
  if (publicNames.has(path)) return { kind: 'allowed' };
  const root = rootOf(path);
  if (publicNames.has(root)) return { kind: 'forbidden', why: `is an inner part of ${root}` };
  const why = forbidden.get(root);
  if (why !== undefined) return { kind: 'forbidden', why };
  if (root.startsWith('_')) return { kind: 'forbidden', why: 'is an internal module' };
  if (otherStandardModules.has(root))
    return { kind: 'forbidden', why: 'is not on the list of modules a strategy may use' };
  return { kind: 'unknown' };
}

export function rootOf(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}

/** Whether the path names one of the modules that a strategy may use, itself and not a thing in it. */
export function isModulePath(path: string): boolean {
  return publicNames.has(path);
}

export type MemberVerdict = 'public' | 'refused' | 'not-a-module';

/** Whether a strategy may reach `name` of the module at `path`. */
export function judgeMember(path: string, name: string): MemberVerdict {
  const names = publicNames.get(path);
  if (names === undefined) return 'not-a-module';
  return names.has(name) || publicNames.has(`${path}.${name}`) ? 'public' : 'refused';
}

export function isForbiddenRoot(path: string): boolean {
  return judgeImport(rootOf(path)).kind === 'forbidden';
}

/** Names of modules that must not be reachable as an attribute of anything. */
export function isModuleLikeAttribute(name: string): boolean {
  return dangerousAsAttribute.has(name);
}

const dangerousAsAttribute = new Set(
  'os sys builtins subprocess importlib shutil socket ctypes posix pickle marshal pathlib tempfile runpy pkgutil inspect gc linecache codecs'.split(
    ' ',
  ),
);
