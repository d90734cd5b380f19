"""A folder that sentence-transformers (StaticEmbedding) and model2vec load, for the model hub.

| file | contains |
| --- | --- |
| `model.safetensors` | the array `embeddings`, float32 [V, D] |
| `tokenizer.json` | the words, and how a text is cut into them |
| `config.json` | for model2vec: vectors as they are, and texts of any length |
| `modules.json` | for sentence-transformers: a single module |
| `README.md` | the model card |

Both packages then encode a sentence as the mean of the vectors of its known words, which is
`Embeddings.mean` of its tokens.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.base.files import json_text
from jaxtext.vectors.formats.safetensors import (
    fitting,
    read_array,
    read_header,
    without_odd_rows,
)
from jaxtext.vectors.formats.table import Asked, Table
from jaxtext.vectors.formats.tokenizer import Cut, cut_of, specification, words_of

MODEL, TOKENIZER = "model.safetensors", "tokenizer.json"
NESTED = "0_StaticEmbedding"  # where sentence-transformers keeps both, if it has saved them itself
ARRAYS = ("embeddings", "embedding.weight")  # as model2vec and sentence-transformers call it
OTHERS = ("weights", "mapping")  # of vectors that model2vec has made smaller
CONFIG = {
    "model_type": "model2vec",
    "architectures": ["StaticModel"],
    "normalize": False,
    "max_length": None,
    "embedding_dtype": "float32",
}
MODULES = [
    {
        "idx": 0,
        "name": "0",
        "path": "",
        "type": "sentence_transformers.models.StaticEmbedding",
    }
]
CUTS = {"words": "runs of letters and digits", "whitespace": "what stands between spaces"}
CARD = """\
---
library_name: model2vec
tags:
- embeddings
- static-embeddings
- sentence-transformers
- jaxtext
---

# Word vectors

{words:,} words with {dim:,} numbers each, exported by jaxtext. A text is encoded as the mean of the
vectors of its words; words that are not known add nothing. Words are {cut}, {case}.

```python
from sentence_transformers import SentenceTransformer

SentenceTransformer("path of this folder").encode(["a sentence"])
```

```python
from model2vec import StaticModel

StaticModel.from_pretrained("path of this folder").encode(["a sentence"])
```
"""


def is_hub(path: Path) -> bool:
    """Tell whether a folder contains such a model, complete or not."""
    return any((folder / MODEL).is_file() for folder in (path, path / NESTED))


def read(asked: Asked) -> Table:
    """Read such a folder, also as both packages save it themselves.

    Raises `InputError` for a missing or damaged file, for words that do not fit the vectors, and
    for vectors that are shared or weighted.
    """
    folder = asked.path if (asked.path / MODEL).is_file() else asked.path / NESTED
    path = folder / MODEL
    words = words_of(folder / TOKENIZER)
    header = read_header(path)
    name = next((each for each in ARRAYS if each in header), None)
    if name is None:
        raise InputError(f"{path}: has no array {' or '.join(ARRAYS)}: not a model of word vectors")
    if any(each in header for each in OTHERS):
        raise InputError(
            f"{path}: its vectors are shared or weighted: save the model without vocabulary "
            "quantization"
        )
    entry = header[name]
    if entry["shape"][:1] != [len(words)]:
        raise InputError(
            f"{asked.path}: {len(words):,} words in {TOKENIZER} for vectors of shape "
            f"{entry['shape']}"
        )
    vectors = read_array(path, header, name, asked.limit)
    words = words[: asked.limit]
    return without_odd_rows(asked, Table(words, fitting(vectors, words, path)))


def write(table: Table, path: Path) -> None:
    """Write the folder. Raises `InputError` for a word that occurs twice."""
    from safetensors.numpy import save

    words = list(table.words)
    word, times = Counter(words).most_common(1)[0]
    if times > 1:
        raise InputError(f"the word {word!r} occurs twice, which a tokenizer cannot contain")
    cut = cut_of(words)
    path.mkdir()
    (path / MODEL).write_bytes(save({ARRAYS[0]: np.ascontiguousarray(table.vectors)}))
    contents = {
        TOKENIZER: json_text(specification(words, cut), indent=None),
        "config.json": json_text(CONFIG),
        "modules.json": json_text(MODULES),
        "README.md": _card(table, cut),
    }
    for name, content in contents.items():
        (path / name).write_text(content, encoding="utf-8", newline="\n")


def _card(table: Table, cut: Cut) -> str:
    number, dim = table.vectors.shape
    case = "in lower case" if cut.lowercase else "with their case"
    return CARD.format(words=number, dim=dim, cut=CUTS[cut.tokens], case=case)
