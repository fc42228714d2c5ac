"""The only threads of the package: reading ahead, writing behind, serving, and what lies between threads."""
