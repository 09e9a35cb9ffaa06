"""What somebody published elsewhere becomes articles in the content folder; fetches nothing.

    source --feeds, wxr, jsonfeed, page, plaintext--> Item --compose--> text --write--> content/

`run` walks the sources; `sources` says what each is; `write` alone writes, and changes no file.
"""
