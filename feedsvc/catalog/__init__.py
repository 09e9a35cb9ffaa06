"""The catalog: every article, every feed's rows, every revision; renders nothing.

schema.py says what is stored and rows.py how, store.py opens it, identity.py decides which article
a file is, sync.py brings the stored into line with the files, publish.py with the clock, queries.py
answers those who serve.
"""
