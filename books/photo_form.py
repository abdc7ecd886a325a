"""What is sent when a photo is looked at before the book is made: the photo and the declarations, nothing else."""

from typing import Any

from django import forms

from books.forms import LEGAL, ChildForm


class PhotoForm(forms.Form):
    """`declared`: the declarations were given for this book before."""

    photo = forms.FileField(allow_empty_file=True, error_messages={"required": "Please choose a photo."})
    guardian = ChildForm.base_fields["guardian"]
    consent = ChildForm.base_fields["consent"]

    def __init__(self, *args: Any, declared: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if declared:
            for field in LEGAL:
                del self.fields[field]
