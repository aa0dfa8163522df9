from six.moves import builtins
