async def f(xs):
    return [eval(x) async for x in xs]
