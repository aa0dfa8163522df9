def f(bars):
    bars.style.from_custom_template("/", "x")
