(i for i in []).gi_frame.f_builtins
