class A:
    import os as helper
    listing = helper.listdir("/")
