import type { Rule } from '../scores.ts';
import { isModuleLikeAttribute } from './modules.ts';

export interface AttributeVerdict {
  readonly rules: readonly Rule[];
  readonly why: string;
  readonly advice?: string;
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).filter((word) => word !== ''));
}

/** Double-underscore names that a strategy may read: they say something about a thing and lead nowhere. */
const harmlessDunders = words(`
  __name__ __qualname__ __doc__ __len__ __init__ __new__ __post_init__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __repr__
  __str__ __format__ __bool__ __contains__ __iter__ __next__ __getitem__ __setitem__ __delitem__ __call__ __enter__ __exit__
  __aenter__ __aexit__ __aiter__ __anext__ __await__ __add__ __sub__ __mul__ __truediv__ __floordiv__ __mod__ __pow__ __matmul__
  __radd__ __rsub__ __rmul__ __rtruediv__ __neg__ __pos__ __abs__ __invert__ __and__ __or__ __xor__ __float__ __int__ __index__
  __round__ __version__ __missing__ __reversed__ __copy__ __deepcopy__ __slots__ __all__ __members__ __iadd__ __isub__ __imul__
  __author__ __rpow__ __rfloordiv__ __rmod__ __rand__ __ror__ __rxor__ __divmod__ __length_hint__ __bytes__
  __complex__ __floor__ __ceil__ __trunc__ __array__ __array_priority__ __set_name__ __match_args__ __bound__ __license__ __date__
  __email__ __status__ __title__ __summary__ __debug__ __init_subclass__`);

/** Each of these alone leads from any object to the interpreter's own modules. */
const escapeDunders = words(`
  __globals__ __builtins__ __import__ __subclasses__ __code__ __loader__ __spec__ __reduce__ __reduce_ex__ __getattribute__ __self__
  __traceback__ __closure__ __mro__ __bases__ __base__ __func__ __wrapped__ __array_interface__ __array_struct__ __dlpack__
  __build_class__ __objclass__
  __annotations__ __setstate__ __dataclass_fields__ __dataclass_params__ __forward_arg__ __forward_code__ __prepare__`);

/** Doors from frames, generators, coroutines, tracebacks and code objects. */
const frameAttributes = words(`
  gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await cr_origin ag_frame ag_code ag_await tb_frame tb_next tb_lasti tb_lineno
  f_globals f_locals f_builtins f_back f_code f_trace co_code co_consts co_names co_varnames func_globals func_code func_closure
  cell_contents im_func im_self mro with_traceback`);

const fileAttributes = words(`
  to_csv to_pickle to_parquet to_excel to_hdf to_sql to_feather to_stata to_json to_html to_latex to_markdown to_clipboard to_gbq
  to_orc to_xml to_string to_iceberg read_csv read_pickle read_parquet read_excel read_hdf read_sql read_sql_query read_sql_table
  read_feather read_stata read_json read_html read_clipboard read_gbq read_orc read_xml read_table read_fwf read_sas read_spss
  HDFStore ExcelFile ExcelWriter tofile fromfile memmap savetxt loadtxt genfromtxt savez savez_compressed fromregex DataSource
  read_text write_text read_bytes write_bytes readlines writelines readline readinto urlopen urlretrieve popen system
  check_output execve execv import_module load_module exec_module find_spec unlink rmdir rmtree makedirs mkdir listdir scandir
  getenv environ modules addaudithook settrace setprofile _getframe dlopen CDLL memfd_create dump show_versions FileHandler from_custom_template`);

/** Whether the name itself tells that files are read or written, or that the system is reached. */
export function isAboutFiles(name: string): boolean {
  return fileAttributes.has(name) && !frameAttributes.has(name) && !isModuleLikeAttribute(name);
}

/** Writers that give a text back when they are not told where to write. */
export const textGivingWriters = words('to_csv to_json to_html to_latex to_markdown to_xml to_string');

/** Method names of files; harmless on a class of the program's own. */
export const fileMethods = words(
  'open read write readline readlines writelines read_text write_text read_bytes write_bytes',
);

/** Methods of pandas that run a text as an expression. */
export const expressionMethods = words('eval query');

/** Methods that call another method by its name. */
export const methodsByName = words('agg aggregate apply transform');

const publicUnderscore = words('_replace _asdict _make _fields _field_defaults _source _');

/** Whether a program that defines a method of this name could pass a foreign object off as its own. */
export function isSensitiveMethod(name: string): boolean {
  return expressionMethods.has(name) || fileMethods.has(name) || libraryInsides.has(name);
}

/** Private names of libraries that lead out of them; a program's own attribute of that name is no excuse. */
const libraryInsides = words('_evaluate _module _os _sys _io _builtins _modules _libs _core _globals _code');

/**
 * What is wrong with an attribute of this name whatever it is an attribute of; null when nothing is.
 * @param isOwn the program itself defines a private attribute of that name
 */
export function judgeAttribute(name: string, isOwn: (name: string) => boolean): AttributeVerdict | null {
  if (name.startsWith('__') && name.endsWith('__') && name.length > 4) {
    if (harmlessDunders.has(name)) return null;
    const isEscape = escapeDunders.has(name);
    return {
      rules: isEscape ? ['dangerous-attribute', 'interpreter-internals'] : ['dangerous-attribute'],
      why: isEscape
        ? `"${name}" leads from any object to the interpreter's own modules.`
        : `"${name}" opens the inside of an object.`,
      advice: 'Work with the public attributes of your data.',
    };
  }
  if (frameAttributes.has(name)) {
    return {
      rules: ['dangerous-attribute', 'interpreter-internals'],
      why: `"${name}" leads to stack frames and their variables.`,
    };
  }
  if (isModuleLikeAttribute(name)) {
    return { rules: ['restricted-member'], why: `"${name}" reaches a system module through another object.` };
  }
  if (fileAttributes.has(name)) {
    return {
      rules: ['file-access'],
      why: `"${name}" reads or writes files, or reaches the system.`,
      advice:
        'The bars are handed to generate_signals and its result is returned; a strategy needs no files.',
    };
  }
  if (name === 'ctypes' || name === 'ctypeslib' || name === 'cffi')
    return { rules: ['restricted-member'], why: `"${name}" gives raw memory.` };
  if (name.startsWith('_') && !publicUnderscore.has(name) && (!isOwn(name) || libraryInsides.has(name))) {
    return {
      rules: ['private-attribute'],
      why: `"${name}" is a private attribute of something the program did not define.`,
      advice: 'Use the public interface.',
    };
  }
  return null;
}

/** Double-underscore methods and class attributes that are ordinary in a class. */
export function isOrdinaryDunder(name: string): boolean {
  return harmlessDunders.has(name);
}

/** Names of the interpreter that no text of an honest program spells out. */
const tellingTexts = [
  '__globals__',
  '__builtins__',
  '__import__',
  '__subclasses__',
  '__class__',
  '__bases__',
  '__base__',
  '__mro__',
  '__code__',
  '__dict__',
  '__loader__',
  '__spec__',
  '__getattribute__',
  '__reduce__',
  '__reduce_ex__',
  '__traceback__',
  '__closure__',
  '__self__',
  '__array_interface__',
  '__array_struct__',
  'f_globals',
  'tb_frame',
  'gi_frame',
];

export function tellingNameIn(text: string): string | undefined {
  if (!text.includes('__') && !text.includes('_globals') && !text.includes('_frame')) return undefined;
  return tellingTexts.find((name) => text.includes(name));
}
