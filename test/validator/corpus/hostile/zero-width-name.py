sum​ = 1
