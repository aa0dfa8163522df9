def f(x):
    match x:
        case {"a": 1, **__builtins__}:
            return 1
        case [*__class__]:
            return 2
