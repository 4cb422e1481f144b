"""Every sentence about downloads, outcomes and errors that the screens and the commands show.

The API's words stand in quotes and are never changed into dfui's own; a figure that is not known is left out. All that
comes from outside is made harmless here.
"""
