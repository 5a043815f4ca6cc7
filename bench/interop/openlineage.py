"""What the classes of OpenLineage's Python client, which are generated from its specification, make of an export.

    pip install openlineage-python==1.54.0
    python openlineage.py FILE      # assay attest WHAT --as openlineage --out FILE

Builds every event and every facet that the specification knows with the client's classes, which check types, identifiers,
addresses and moments, and compares what they write with what was read.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).parent.resolve()]
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState  # noqa: E402
from openlineage.client.generated import (  # noqa: E402
    base,
    dataset_version_dataset,
    job_type_job,
    output_statistics_output_dataset,
    processing_engine_run,
)
from openlineage.client.serde import Serde  # noqa: E402

CLASSES = {
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "jobType": job_type_job.JobTypeJobFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
}


def facets(of):
    return {name: facet(name, value) for name, value in of.items()}


def facet(name, value):
    known = CLASSES.get(name)
    if known is None:
        return value
    fields = {key: each for key, each in value.items() if not key.startswith("_")}
    built = known(**fields)
    if built._schemaURL != value["_schemaURL"]:
        raise SystemExit(f"{name}: the client knows {built._schemaURL}, the export says {value['_schemaURL']}")
    return built


def dataset(kind, of):
    own = {key: facets(of[key]) for key in ("inputFacets", "outputFacets") if key in of}
    return kind(namespace=of["namespace"], name=of["name"], facets=facets(of["facets"]), **own)


def rebuild(event):
    return RunEvent(
        eventType=RunState[event["eventType"]],
        eventTime=event["eventTime"],
        run=Run(runId=event["run"]["runId"], facets=facets(event["run"]["facets"])),
        job=Job(**{**event["job"], "facets": facets(event["job"]["facets"])}),
        inputs=[dataset(InputDataset, each) for each in event["inputs"]],
        outputs=[dataset(OutputDataset, each) for each in event["outputs"]],
        producer=event["producer"],
    )


def comparable(value):
    """Leaves out what the client fills in itself: null fields, and who it is."""
    if isinstance(value, dict):
        kept = {key: comparable(each) for key, each in value.items() if key != "_producer"}
        return {key: each for key, each in kept.items() if each is not None and each != {}}
    return [comparable(each) for each in value] if isinstance(value, list) else value


base.set_producer("https://example.org/assay")
events = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
differing = sum(comparable(json.loads(Serde.to_json(rebuild(event)))) != comparable(event) for event in events)
runs = {event["run"]["runId"] for event in events}
states = sorted({tuple(e["eventType"] for e in events if e["run"]["runId"] == run) for run in runs})
print("openlineage-python", version("openlineage-python"))
print("events:", len(events), "runs:", len(runs), "states of a run:", states, "that differ when rebuilt:", differing)
sys.exit(1 if differing or states != [("START", "COMPLETE")] else 0)
