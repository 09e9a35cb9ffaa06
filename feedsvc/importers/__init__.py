"""What somebody published elsewhere becomes articles in the content folder; fetches nothing.

    source --feeds, wxr, jsonfeed, page, plaintext--> Item --compose--> text --write--> content/

`run` walks the sources; `sources` says what each is; `write` alone writes, and changes no file.
"""

from feedsvc.importers.item import Hints
from feedsvc.importers.run import Report, run
from feedsvc.importers.sources import As
from feedsvc.importers.write import Shelf

__all__ = ["As", "Hints", "Report", "Shelf", "run"]
