"""What other sites may show of a community: cards and lists in frames, and oEmbed, by which they find these.

All of it is what a stranger sees. Nobody's cookie is read here, and none is set.
"""
