"""feedsvc publishes stored articles as RSS 2.0, Atom 1.0 and JSON Feed 1.1 at stable URLs.

The way of an article, one step a room:

    content/*.md --read--> Article --sync--> catalog --select--> Feed of Entries
      sources/             model             catalog/              publication/

    --render--> Document --encode--> Representation --> HTTP
      render/     http/                                  web/

Each arrow is one room, and rooms import only what stands before them.
"""

__version__ = "0.1.0"
