"""The catalog: every article, the rows of every feed, every revision; renders nothing.

schema.py declares the tables and rows.py encodes their values; store.py opens transactions;
identity.py matches files with stored articles; sync.py updates the catalog from the files and by
the clock; publish.py determines what the public sees; queries.py, browsing.py and listings.py read
for the other packages.
"""
