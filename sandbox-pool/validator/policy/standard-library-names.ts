/**
 * What a strategy may reach of the standard library (3.11), module by module. A name that is not here is refused: many innocent modules carry
 * `os`, `sys` or `builtins` as an attribute, and files, processes and evaluators hide among the functions.
 */
export const standardLibraryNames = {
  __future__: `
    absolute_import annotations division generator_stop generators nested_scopes print_function
    unicode_literals with_statement`,
  abc: 'ABC ABCMeta abstractclassmethod abstractmethod abstractproperty abstractstaticmethod',
  array: 'ArrayType array typecodes',
  bisect: 'bisect bisect_left bisect_right insort insort_left insort_right',
  calendar: `
    Calendar EPOCH FRIDAY February HTMLCalendar IllegalMonthError IllegalWeekdayError January
    LocaleHTMLCalendar LocaleTextCalendar MONDAY SATURDAY SUNDAY THURSDAY TUESDAY TextCalendar WEDNESDAY
    calendar day_abbr day_name firstweekday format formatstring isleap leapdays mdays month_abbr
    month_name monthcalendar monthrange setfirstweekday timegm week weekday weekheader`,
  cmath: `
    acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log log10 nan
    nanj phase pi polar rect sin sinh sqrt tan tanh tau`,
  collections: `
    ChainMap Counter OrderedDict UserDict UserList UserString defaultdict deque namedtuple`,
  'collections.abc': `
    AsyncGenerator AsyncIterable AsyncIterator Awaitable ByteString Callable Collection Container
    Coroutine Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping
    MutableSequence MutableSet Reversible Sequence Set Sized ValuesView`,
  contextlib: `
    AbstractContextManager ContextDecorator ExitStack closing contextmanager nullcontext suppress`,
  copy: 'Error copy deepcopy error',
  dataclasses: `
    FrozenInstanceError GenericAlias InitVar KW_ONLY MISSING asdict astuple dataclass field 
    is_dataclass replace`,
  datetime: 'MAXYEAR MINYEAR UTC date datetime time timedelta timezone tzinfo',
  decimal: `
    BasicContext Clamped Context ConversionSyntax Decimal DecimalException DecimalTuple DefaultContext
    DivisionByZero DivisionImpossible DivisionUndefined ExtendedContext FloatOperation HAVE_CONTEXTVAR
    HAVE_THREADS Inexact InvalidContext InvalidOperation MAX_EMAX MAX_PREC MIN_EMIN MIN_ETINY Overflow
    ROUND_05UP ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP
    ROUND_UP Rounded Subnormal Underflow getcontext localcontext setcontext`,
  enum: `
    CONFORM CONTINUOUS EJECT Enum EnumCheck EnumMeta EnumType Flag FlagBoundary IntEnum IntFlag KEEP
    MappingProxyType NAMED_FLAGS ReprEnum STRICT StrEnum UNIQUE auto member nonmember property unique
    verify`,
  fractions: 'Fraction',
  functools: `
    GenericAlias WRAPPER_ASSIGNMENTS WRAPPER_UPDATES cache cached_property cmp_to_key lru_cache partial
    partialmethod recursive_repr reduce total_ordering wraps`,
  graphlib: 'CycleError TopologicalSorter',
  hashlib: 'blake2b blake2s md5 sha1 sha224 sha256 sha384 sha3_256 sha512',
  heapq: 'heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest',
  itertools: `
    accumulate chain combinations combinations_with_replacement compress count cycle dropwhile
    filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest`,
  json: 'JSONDecodeError JSONDecoder JSONEncoder dump dumps load loads',
  logging: `
    CRITICAL DEBUG ERROR INFO NOTSET WARNING critical debug disable error exception getLogger info
    warning`,
  math: `
    acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp
    exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan
    isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder
    sin sinh sqrt tan tanh tau trunc ulp`,
  numbers: 'Complex Integral Number Rational Real',
  operator: `
    abs add and_ attrgetter call concat contains countOf delitem eq floordiv ge getitem gt iadd iand
    iconcat ifloordiv ilshift imatmul imod imul index indexOf inv invert ior ipow irshift is_ is_not
    isub itemgetter itruediv ixor le length_hint lshift lt matmul methodcaller mod mul ne neg not_ or_
    pos pow rshift setitem sub truediv truth xor`,
  pprint: 'PrettyPrinter pformat pp pprint',
  random: `
    BPF LOG4 NV_MAGICCONST RECIP_BPF Random SG_MAGICCONST TWOPI betavariate choice choices expovariate
    gammavariate gauss getrandbits getstate lognormvariate normalvariate paretovariate randbytes randint
    random randrange sample seed setstate shuffle triangular uniform vonmisesvariate weibullvariate`,
  re: `
    A ASCII DEBUG DOTALL I IGNORECASE L LOCALE M MULTILINE Match NOFLAG Pattern RegexFlag S U UNICODE
    VERBOSE X compile error escape findall finditer fullmatch match purge search split sub subn`,
  statistics: `
    LinearRegression NormalDist StatisticsError correlation covariance fmean geometric_mean
    harmonic_mean linear_regression mean median median_grouped median_high median_low mode multimode
    pstdev pvariance quantiles stdev variance`,
  string: `
    Template ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable
    punctuation whitespace`,
  struct: 'Struct calcsize error iter_unpack pack pack_into unpack unpack_from',
  textwrap: 'dedent fill indent shorten wrap',
  time: `
    asctime ctime gmtime localtime mktime monotonic monotonic_ns perf_counter perf_counter_ns
    process_time process_time_ns sleep strftime strptime struct_time time time_ns`,
  traceback: 'format_exc format_exception print_exc',
  types: 'GenericAlias MappingProxyType NoneType SimpleNamespace UnionType',
  typing: `
    ABCMeta AbstractSet Annotated Any AnyStr AsyncContextManager AsyncGenerator AsyncIterable
    AsyncIterator Awaitable ByteString CT_co Callable ChainMap ClassVar Collection Concatenate Container
    ContextManager Coroutine Counter DefaultDict Deque Dict Final FrozenSet Generator Generic
    GenericAlias Hashable IO ItemsView Iterable Iterator KT KeysView List Literal LiteralString Mapping
    MappingView Match MethodDescriptorType MethodWrapperType MutableMapping MutableSequence MutableSet
    NamedTuple NamedTupleMeta Never NewType NoReturn NotRequired Optional OrderedDict ParamSpec
    ParamSpecArgs ParamSpecKwargs Pattern Protocol Required Reversible Self Sequence Set Sized
    SupportsAbs SupportsBytes SupportsComplex SupportsFloat SupportsIndex SupportsInt SupportsRound T
    TYPE_CHECKING T_co T_contra Text TextIO Tuple Type TypeAlias TypeGuard TypeVar TypeVarTuple
    TypedDict Union Unpack VT VT_co V_co ValuesView WrapperDescriptorType abstractmethod assert_never
    assert_type cast dataclass_transform final get_args get_origin is_typeddict no_type_check
    no_type_check_decorator overload reveal_type runtime_checkable`,
  warnings: 'catch_warnings filterwarnings resetwarnings simplefilter warn',
  zoneinfo: 'ZoneInfo ZoneInfoNotFoundError',
} as const;
