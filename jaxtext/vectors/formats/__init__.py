"""Vector files of this and other tools: reader and writer of a format side by side."""
