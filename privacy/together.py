"""Children whose data was given for one book: two siblings (P1, P4).

Each has a key and a consent of its own. What is made of both, the pages and the files, lies with the first; so neither
can be forgotten alone: whoever forgets one forgets the other in the same moment.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from privacy.models import Child


def second(child: Child) -> Child | None:
    """The second child of a book whose first is `child`."""
    return Child.objects.filter(together_with=child.pk).first()


def everyone(child: Child) -> list[Child]:
    """`child`, and the other one if there is another."""
    return complete([child])


def complete(children: Sequence[Child] | Iterable[Child]) -> list[Child]:
    """`children` with all who share their fate, each once."""
    found = {child.pk: child for child in children}
    pks, firsts = list(found), [child.together_with_id for child in found.values() if child.together_with_id]
    for other in Child.objects.filter(Q(together_with__in=pks) | Q(pk__in=firsts)).order_by("pk"):
        found.setdefault(other.pk, other)
    return list(found.values())
