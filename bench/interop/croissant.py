"""What the reference implementation of Croissant makes of an export.

    pip install mlcroissant==1.1.1
    python croissant.py FOLDER      # a folder with the dataset's files and its croissant.json

Prints what it warns of, counts the records, and compares each with the line of the table that it was read from.
"""

import csv
import sys
from importlib.metadata import version
from pathlib import Path

import mlcroissant

folder = Path(sys.argv[1])
dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
issues = dataset.metadata.ctx.issues
print("mlcroissant", version("mlcroissant"))
print("errors:", len(issues.errors), "warnings:", len(issues.warnings))
for problem in sorted(issues.errors | issues.warnings):
    print("  ", problem)

records = list(dataset.records("records"))
with open(folder / "croissant-records.csv", newline="") as table:
    lines = list(csv.DictReader(table))


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def differs(record, line):
    return any(text(record[f"records/{column}"]) != value for column, value in line.items())


wrong = sum(differs(record, line) for record, line in zip(records, lines, strict=True))
print("records:", len(records), "that differ from the table:", wrong)
print("splits:", [text(each["splits/name"]) for each in dataset.records("splits")])
print("classes:", [text(each["classes/name"]) for each in dataset.records("classes")])
sys.exit(1 if issues.errors or wrong else 0)
