/**
 * What a strategy may reach of pandas (2.3 and 3.0) and of what it brings along, module by module. A name that is not here is refused: many innocent modules carry
 * `os`, `sys` or `builtins` as an attribute, and files, processes and evaluators hide among the functions.
 */
export const pandasNames = {
  pandas: `
    ArrowDtype BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DateOffset
    DatetimeIndex DatetimeTZDtype Flags Float32Dtype Float64Dtype Float64Index Grouper Index IndexSlice
    Int16Dtype Int32Dtype Int64Dtype Int64Index Int8Dtype Interval IntervalDtype IntervalIndex
    MultiIndex NA NaT NamedAgg Period PeriodDtype PeriodIndex RangeIndex Series SparseDtype StringDtype
    Timedelta TimedeltaIndex Timestamp UInt16Dtype UInt32Dtype UInt64Dtype UInt64Index UInt8Dtype array
    bdate_range concat crosstab cut date_range describe_option factorize from_dummies get_dummies
    get_option infer_freq interval_range isna isnull json_normalize lreshape melt merge merge_asof
    merge_ordered notna notnull option_context options period_range pivot pivot_table qcut reset_option
    set_option timedelta_range to_datetime to_numeric to_timedelta unique value_counts wide_to_long`,
  'pandas.api': '',
  'pandas.api.types': `
    CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype infer_dtype is_any_real_numeric_dtype
    is_array_like is_bool is_bool_dtype is_categorical_dtype is_complex is_complex_dtype
    is_datetime64_any_dtype is_datetime64_dtype is_datetime64_ns_dtype is_datetime64tz_dtype
    is_dict_like is_dtype_equal is_extension_array_dtype is_file_like is_float is_float_dtype
    is_hashable is_int64_dtype is_integer is_integer_dtype is_interval is_interval_dtype is_iterator
    is_list_like is_named_tuple is_number is_numeric_dtype is_object_dtype is_period_dtype is_re
    is_re_compilable is_scalar is_signed_integer_dtype is_sparse is_string_dtype is_timedelta64_dtype
    is_timedelta64_ns_dtype is_unsigned_integer_dtype pandas_dtype union_categoricals`,
  'pandas.api.indexers': `
    BaseIndexer FixedForwardWindowIndexer VariableOffsetWindowIndexer check_array_indexer`,
  'pandas.errors': `
    AbstractMethodError AttributeConflictWarning CSSWarning CategoricalConversionWarning
    ChainedAssignmentError ClosedFileError DataError DatabaseError DtypeWarning DuplicateLabelError
    EmptyDataError IncompatibilityWarning IncompatibleFrequency IndexingError IntCastingNaNError
    InvalidColumnName InvalidComparison InvalidIndexError InvalidVersion LossySetitemError MergeError
    NoBufferPresent NullFrequencyError NumExprClobberingError NumbaUtilError OptionError
    OutOfBoundsDatetime OutOfBoundsTimedelta Pandas4Warning Pandas5Warning PandasChangeWarning
    PandasDeprecationWarning PandasFutureWarning PandasPendingDeprecationWarning ParserError
    ParserWarning PerformanceWarning PossibleDataLossError PossiblePrecisionLoss SettingWithCopyError
    SettingWithCopyWarning SpecificationError UndefinedVariableError UnsortedIndexError
    UnsupportedFunctionCall ValueLabelTypeMismatch`,
  'pandas.offsets': `
    BDay BHalfYearBegin BHalfYearEnd BMonthBegin BMonthEnd BQuarterBegin BQuarterEnd BYearBegin BYearEnd
    BaseOffset BusinessDay BusinessHour BusinessMonthBegin BusinessMonthEnd CBMonthBegin CBMonthEnd CDay
    CustomBusinessDay CustomBusinessHour CustomBusinessMonthBegin CustomBusinessMonthEnd DateOffset Day
    Easter FY5253 FY5253Quarter HalfYearBegin HalfYearEnd Hour LastWeekOfMonth Micro Milli Minute
    MonthBegin MonthEnd Nano QuarterBegin QuarterEnd Second SemiMonthBegin SemiMonthEnd Tick Week
    WeekOfMonth YearBegin YearEnd`,
  'pandas.tseries': '',
  'pandas.tseries.offsets': `
    BDay BHalfYearBegin BHalfYearEnd BMonthBegin BMonthEnd BQuarterBegin BQuarterEnd BYearBegin BYearEnd
    BaseOffset BusinessDay BusinessHour BusinessMonthBegin BusinessMonthEnd CBMonthBegin CBMonthEnd CDay
    CustomBusinessDay CustomBusinessHour CustomBusinessMonthBegin CustomBusinessMonthEnd DateOffset Day
    Easter FY5253 FY5253Quarter HalfYearBegin HalfYearEnd Hour LastWeekOfMonth Micro Milli Minute
    MonthBegin MonthEnd Nano QuarterBegin QuarterEnd Second SemiMonthBegin SemiMonthEnd Tick Week
    WeekOfMonth YearBegin YearEnd`,
  'pandas.tseries.frequencies': 'infer_freq to_offset',
  'pandas.testing': `
    assert_extension_array_equal assert_frame_equal assert_index_equal assert_series_equal`,
  'pandas.arrays': `
    ArrowExtensionArray BooleanArray Categorical DatetimeArray FloatingArray IntegerArray IntervalArray
    NumpyExtensionArray PandasArray PeriodArray SparseArray StringArray TimedeltaArray`,
  dateutil: '',
  'dateutil.relativedelta': 'FR MO SA SU TH TU WE relativedelta',
  'dateutil.tz': 'UTC tzoffset tzutc',
  pytz: 'FixedOffset UTC all_timezones common_timezones timezone utc',
} as const;
