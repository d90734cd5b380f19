"""What training leaves, and what is asked of it: embeddings, queries, files of other tools."""
