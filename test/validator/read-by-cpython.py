# What CPython makes of each of SOURCES: a list of sources, read and never run. Gives a list of
# [what compile() said or null, digest of the tree, digest of the symbol table, and both in full when FULL].
import ast
import hashlib
import symtable
import warnings

warnings.simplefilter('ignore')


def units(text):
    return text.encode('utf-16-le', 'surrogatepass').hex()


def tree_of(tree):
    said = []
    in_joined = set()
    for node in ast.walk(tree):
        kind = type(node).__name__
        if kind == 'JoinedStr':
            for part in node.values:
                in_joined.add(id(part))
        if kind == 'Name':
            said.append('name ' + units(node.id) + ' ' + type(node.ctx).__name__)
        elif kind == 'Attribute':
            said.append('attribute ' + units(node.attr) + ' ' + type(node.ctx).__name__)
        elif kind == 'Call':
            said.append('call %d %d' % (len(node.args), len(node.keywords)))
        elif kind == 'keyword':
            said.append('keyword ' + units(node.arg or ''))
        elif kind == 'alias':
            said.append('alias ' + units(node.name) + ' ' + units(node.asname or ''))
        elif kind == 'ImportFrom':
            said.append('from ' + units(node.module or '') + ' %d' % node.level)
        elif kind in ('FunctionDef', 'AsyncFunctionDef', 'ClassDef'):
            said.append(kind + ' ' + units(node.name) + ' %d' % len(node.decorator_list))
        elif kind == 'arg':
            said.append('arg ' + units(node.arg))
        elif kind in ('Global', 'Nonlocal'):
            said.append(kind + ' ' + ' '.join(map(units, node.names)))
        elif kind == 'MatchClass':
            said.append('pattern ' + ' '.join(map(units, node.kwd_attrs)))
        elif kind in ('MatchAs', 'MatchStar', 'ExceptHandler'):
            said.append(kind + ' ' + units(node.name or ''))
        elif kind in ('Lambda', 'Subscript', 'BinOp', 'Yield', 'Await', 'For', 'While', 'With', 'Try', 'Starred'):
            said.append(kind)
        elif kind == 'Constant' and isinstance(node.value, str) and id(node) not in in_joined:
            said.append('text ' + units(node.value))
    return sorted(said)


COMPREHENSIONS = ('listcomp', 'setcomp', 'dictcomp', 'genexpr')


def scopes_of(source):
    tables = []
    open_tables = [symtable.symtable(source, 'strategy', 'exec')]
    while open_tables:
        table = open_tables.pop()
        tables.append(table)
        open_tables.extend(table.get_children())
    everywhere = {s.get_name() for t in tables for s in t.get_symbols() if s.is_declared_global()}
    said = []
    for table in tables:
        kind = table.get_type()
        if kind not in ('module', 'class', 'function'):
            continue
        if table.get_name() in COMPREHENSIONS:
            kind = 'comprehension'
        names = {
            s.get_name()
            for s in table.get_symbols()
            if s.is_local() and s.get_name() not in everywhere and s.get_name() not in ('.0', '__class__')
        }
        # Names that a class body mangles are looked up under another one by both of its sides.
        names = {name for name in names if '__' not in name or name.endswith('__')}
        said.append(kind + ' ' + ' '.join(sorted(map(units, names))))
    return sorted(said)


def digest(lines):
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()[:16]


def read(source, full):
    try:
        compile(source, 'strategy', 'exec', dont_inherit=True)
        tree, scopes = tree_of(ast.parse(source)), scopes_of(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [str(error)[:200], '', '', []]
    return [None, digest(tree), digest(scopes), tree + scopes if full else []]


RESULT = [read(source, FULL) for source in SOURCES]
