object.__setattr__(target(), payload(), 1)
