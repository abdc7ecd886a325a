"""Saying when a parcel arrived. One date, and which parcels where there are several."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from orders import delivery, local_days
from orders.models import Order, PrintJob


class DeliveredForm(forms.Form):
    """The day on which a parcel arrived: not before it left, and not in the future."""

    on = forms.DateField(
        label="When did it arrive?",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": "Please give the day on which it arrived.",
            "invalid": "Please give the day as in 2026-03-24.",
        },
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, order: Order, jobs: Sequence[PrintJob], **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.latest = local_days.today(order.country)
        left = [local_days.day(job.shipped_at, order.country) for job in jobs if job.shipped_at]
        self.earliest = min(left, default=self.latest)
        self.fields["on"].initial = self.latest
        self.fields["on"].widget.attrs |= {"min": self.earliest.isoformat(), "max": self.latest.isoformat()}

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > self.latest:
            raise forms.ValidationError("That day is still to come. Please give the day on which it arrived.")
        if day < self.earliest:
            raise forms.ValidationError(f"It left on {self.earliest:%-d %B}. Please give that day or a later one.")
        return day


class ArrivedForm(DeliveredForm):
    """The same with a choice of parcels; where there is only one, nothing is asked."""

    parcels = forms.MultipleChoiceField(
        label="What has arrived?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Please tick what has arrived.",
            "invalid_choice": "Please tick what has arrived from the list.",
        },
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, order: Order, jobs: Sequence[PrintJob], **options: Any
    ) -> None:
        super().__init__(data, order=order, jobs=jobs, **options)
        self._jobs = {str(job.pk): job for job in jobs}
        if len(jobs) < 2:
            del self.fields["parcels"]
            return
        field = self.fields["parcels"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(key, label(job)) for key, job in self._jobs.items()]
        field.initial = list(self._jobs)

    def chosen(self) -> list[PrintJob]:
        """The parcels that are meant. Call it on a valid form only."""
        keys = self.cleaned_data.get("parcels", list(self._jobs))
        return [self._jobs[key] for key in keys]


class NotArrivedForm(forms.Form):
    """What is wrong with a parcel that has not come. No free words: they might be about a child."""

    what = forms.ChoiceField(
        label="What do you know about it?",
        widget=forms.RadioSelect,
        choices=list(delivery.MISSING.items()),
        initial="waiting",
        error_messages={
            "required": "Please choose what fits best.",
            "invalid_choice": "Please choose what fits best from the list.",
        },
    )


def label(job: PrintJob) -> str:
    """A parcel in words: what is in it, and how it can be followed."""
    number = "" if job.tracking.startswith("https://") else job.tracking
    sent_by = " ".join(part for part in (job.carrier, number) if part)
    again = "the new " if job.reprint_of_id else ""
    words = f"{job.quantity} × {again}{job.line.title}"
    return f"{words} ({sent_by})" if sent_by else words
