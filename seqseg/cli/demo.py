def add(c):
    c.add_parser("demo")
