try:
    raise NameError
except NameError as error:
    error.__traceback__.tb_frame
