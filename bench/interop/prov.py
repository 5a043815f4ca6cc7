"""What the Python package prov makes of an export.

    pip install prov==3.2.3
    python prov.py FILE             # assay attest WHAT --as prov --out FILE

Reads it, writes it again as PROV-JSON and compares the two documents; counts the records of each kind.
"""

import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

# This file has the package's own name.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).parent.resolve()]
from prov.model import ProvDocument  # noqa: E402

text = Path(sys.argv[1]).read_text()
document = ProvDocument.deserialize(content=text, format="json")
again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
print("prov", version("prov"))
print("records:", dict(sorted(Counter(record.get_type().localpart for record in document.get_records()).items())))
print("same after a round trip:", document == again)
elements = {record.identifier for record in document.get_records() if record.is_element()}
# The first two arguments of a relation are what it relates.
related = [end for record in document.get_records() if record.is_relation() for end in record.args[:2]]
unknown = sum(end not in elements for end in related)
print("ends of relations:", len(related), "that name nothing in the document:", unknown)
sys.exit(0 if document == again and unknown == 0 else 1)
