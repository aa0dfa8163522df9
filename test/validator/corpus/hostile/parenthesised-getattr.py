(getattr)(((print)), ("__self" + ("__")))
