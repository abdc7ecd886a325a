"""What the printer fills in. Kind messages: the printer only reads mail and is in a hurry too."""

from collections.abc import Mapping
from typing import Any

from django import forms

from orders.forms_delivery import DeliveredForm
from orders.models import PrintJob


class ReceivedForm(forms.Form):
    """A button and nothing else."""


class ShippedForm(forms.Form):
    """Who carries the parcel, and how to follow it."""

    carrier = forms.CharField(
        label="Carrier",
        max_length=60,
        help_text="As in GLS, DHL or PostNord.",
        error_messages={"required": "Please say who carries the parcel."},
    )
    tracking = forms.CharField(
        label="Tracking number or link",
        max_length=120,
        required=False,
        help_text="The customer can follow the parcel with it.",
    )

    def clean_tracking(self) -> str:
        """A link that is not https is kept as plain text: it is shown to the customer."""
        return str(self.cleaned_data["tracking"]).strip()


class RejectedForm(forms.Form):
    """Why it cannot be printed."""

    reason = forms.CharField(
        label="What is wrong?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="As in: the cover's spine is 1 mm too narrow. Please do not name the child.",
        error_messages={"required": "Please say in a few words why it cannot be printed."},
    )


FORMS: dict[str, type[forms.Form]] = {"received": ReceivedForm, "shipped": ShippedForm, "rejected": RejectedForm}


def form_for(action: str, job: PrintJob, data: Mapping[str, Any] | None = None) -> forms.Form:
    """The form that goes with what the printer says about a job."""
    if action == "delivered":
        return DeliveredForm(data, order=job.line.order, jobs=[job])
    return FORMS[action](data)
