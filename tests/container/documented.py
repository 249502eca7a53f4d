"""The commands of docs/compose.md."""

import re

from needs import SOURCE

TEXT = (SOURCE / "docs/compose.md").read_text()


def lines():
    """Each line of its blocks for the shell."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def line(beginning):
    """The only command that begins so."""
    found = [each for each in lines() if each.startswith(beginning)]
    assert len(found) == 1, f"docs/compose.md has {len(found)} commands that begin with {beginning}"
    return found[0]
