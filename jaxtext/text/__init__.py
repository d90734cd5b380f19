"""Raw text -> token ids -> counts, in Python and NumPy only.

    blocks of text -> tokens -> Vocab -> ids on disk -> (center, context) pairs, or their counts

Strings and Python loops end here; everything downstream is an array.
"""

from jaxtext.text.builtin import builtin_corpus
from jaxtext.text.cooccurrence import cooccurrence, thinned
from jaxtext.text.encoded import (
    Corpus,
    Encoded,
    NoWords,
    encode_corpus,
    encode_sentences,
    encode_tokens,
)
from jaxtext.text.named import named_corpus
from jaxtext.text.reading import Reading, Source, read
from jaxtext.text.sources import find_sources, read_blocks
from jaxtext.text.tokens import sentences, tokenize
from jaxtext.text.vocab import Vocab
from jaxtext.text.windows import Stream, pairs, stream_pairs, subsampled_stream

EncodedCorpus = Corpus  # an earlier name, kept for existing code

__all__ = [
    "Corpus",
    "Encoded",
    "EncodedCorpus",
    "NoWords",
    "Reading",
    "Source",
    "Stream",
    "Vocab",
    "builtin_corpus",
    "cooccurrence",
    "encode_corpus",
    "encode_sentences",
    "encode_tokens",
    "find_sources",
    "named_corpus",
    "pairs",
    "read",
    "read_blocks",
    "sentences",
    "stream_pairs",
    "subsampled_stream",
    "thinned",
    "tokenize",
]
