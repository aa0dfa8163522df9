print(*map(eval, ["1"]))
