"""Statements against in-toto's own classes, which are generated from its protocol buffers and SLSA's:

    pip install in-toto-attestation==0.9.3
    assay attest retrain.model --as in-toto > statements.jsonl; python bench/interop/in-toto.py statements.jsonl

Every field must be one that they know, every subject must have a digest; a spoilt statement must be refused.
"""

import base64
import json
import sys

from google.protobuf.json_format import Parse, ParseError
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement


def check(statement):
    Statement.copy_from_pb(Parse(json.dumps(statement), statement_pb2.Statement())).validate()
    Parse(json.dumps(statement["predicate"]), provenance_pb2.Provenance())


def is_refused(statement):
    try:
        check(statement)
    except (ParseError, ValueError):
        return True
    return False


for line in open(sys.argv[1], encoding="utf-8"):
    statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
    check(statement)
    without_digest = {**statement, "subject": [{**statement["subject"][0], "digest": {}}]}
    unknown_field = {**statement, "predicate": {**statement["predicate"], "builder": {}}}
    assert is_refused(without_digest) and is_refused(unknown_field)
    print("valid", [subject["name"] for subject in statement["subject"]], "and refused when spoilt")
