class Any:
    __match_args__ = tuple(bars.attrs)
