"""What the strict validator of the Python package cyclonedx-python-lib makes of an export.

    pip install 'cyclonedx-python-lib[json-validation]==11.12.0'
    python cyclonedx.py FILE        # assay attest MODEL --as cyclonedx --out FILE
"""

import sys
from importlib.metadata import version
from pathlib import Path

sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).parent.resolve()]
from cyclonedx.schema import SchemaVersion  # noqa: E402
from cyclonedx.validation.json import JsonStrictValidator  # noqa: E402

problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(Path(sys.argv[1]).read_text())
print("cyclonedx-python-lib", version("cyclonedx-python-lib"))
print("problem:", problem)
sys.exit(0 if problem is None else 1)
