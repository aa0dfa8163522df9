type.__setattr__(target, payload(), {})
