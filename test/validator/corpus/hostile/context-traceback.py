class C:
    def __enter__(self): return self
    def __exit__(self, kind, error, trace):
        trace.tb_frame.f_globals["os"]
