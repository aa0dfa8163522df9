try: pass
except Exception as __builtins__: pass
