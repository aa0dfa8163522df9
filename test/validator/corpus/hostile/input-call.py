answer = input("who?")
