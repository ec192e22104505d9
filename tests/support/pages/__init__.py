"""Pages that run: what a page of the documentation tells its reader to do is done, and what it shows is compared.

* ``page``: a page as blocks of code
* ``terminal``: a shell that goes on from block to block, and commands that stay
* ``sameness``: when a text that was printed is the one that a page shows
* ``player``: a page from its first block to its last
"""
