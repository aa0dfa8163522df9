def generate_signals(bars):
    bars.style.to_excel("/tmp/x.xlsx")
