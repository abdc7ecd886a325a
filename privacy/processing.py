"""The record of processing activities (GDPR 30), from what every app claims: `manage.py register` prints it."""

from dataclasses import asdict
from typing import Any

from django.conf import settings

from accounts.claims import About, Record
from privacy import inventory, register

SAFEGUARDS = (
    "Everything about a child is encrypted under a key of its own that is destroyed on time (docs/decisions/0003)",
    "Staff need a permission, a valid acknowledgement of the policy and a typed reason for each look, which the parent"
    " sees",
    "Deletions leave receipts in a public hash chain; `manage.py prove_forgetting` searches for what stayed",
    "Logs, mails, tasks and sessions hold nothing about a child; all pages travel encrypted",
)


def record_of_processing() -> dict[str, Any]:
    """Everything Article 30(1) asks for, ready for JSON."""
    return {
        "controller": dict(settings.CONTROLLER),
        "activities": [_activity(record) for record in inventory.records() if record.ground is not None],
        "recipients": [asdict(provider) for provider in register.providers()],
        "transfers to third countries": "none by the shop itself; see the contracts with the recipients",
        "safeguards": list(SAFEGUARDS),
    }


def as_markdown() -> str:
    """The same as a page of text."""
    record = record_of_processing()
    who = record["controller"]
    lines = [
        "# Record of processing activities",
        "",
        f"Controller: {who['name']}, {who['address']}, {who['email']}, {who['phone']}",
        "",
        "| about | data | purpose | lawful ground | kept | erased by | copy | passed on to | tables |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in record["activities"]:
        cells = [row["about"], row["data"], row["purpose"], row["ground"], row["kept"], row["erased by"], row["copy"]]
        cells += [", ".join(row["passed on to"]) or "nobody", ", ".join(row["tables"]) or "none: kept elsewhere"]
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    lines += ["", "Recipients:", ""]
    for provider in record["recipients"]:
        lines.append(f"- {provider['role']['title']}: {provider['name']}. Gets: {provider['role']['gets']}.")
    lines += ["", f"Transfers to third countries: {record['transfers to third countries']}.", "", "Safeguards:", ""]
    lines += [f"- {safeguard}." for safeguard in record["safeguards"]]
    return "\n".join(lines) + "\n"


def as_text() -> str:
    """The same for a terminal: a short block for each activity."""
    record = record_of_processing()
    blocks = [f"Record of processing activities of {record['controller']['name']}"]
    for row in record["activities"]:
        facts = [(name, value) for name, value in row.items() if name not in ("data", "tables") and value]
        width = max(len(name) for name, _ in facts)
        said = [f"  {name:{width}}  {', '.join(value) if isinstance(value, list) else value}" for name, value in facts]
        said += [f"  {'':{width}}  {table}: {' '.join(fields)}" for table, fields in row["tables"].items()]
        blocks.append("\n".join([row["data"], *said]))
    return "\n\n".join(blocks) + "\n"


def _activity(record: Record) -> dict[str, Any]:
    assert record.ground is not None
    nobody = record.about is About.NOBODY
    return {
        "about": str(record.about),
        "data": record.data,
        "purpose": record.why,
        "ground": f"{record.ground.words} (GDPR {record.ground.article})",
        "kept": inventory.how_long(record),
        "erased by": "nothing: there is nobody in it" if nobody else f"{record.erased_by}, {record.runs}",
        "copy": str(record.export),
        "passed on to": list(record.shared_with),
        "tables": inventory.tables_of(record),
    }
