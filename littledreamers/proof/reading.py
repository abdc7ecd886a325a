"""Run in a scratch installation: try to read everything that its vault holds, and print how much could be read.

python -m littledreamers.proof.reading
"""

import json
from typing import Any

import django


def attempt() -> dict[str, int]:
    """Every item in two ways: as the shop reads, and as somebody would who has the files and ignores the clock."""
    from privacy import blobs, ciphers, keystore, vault
    from privacy.models import VaultItem
    from privacy.purposes import Actor, Kind, Purpose

    def by_the_vault(item: VaultItem) -> None:
        vault.read(item.child, Kind(item.kind), item.number, purpose=Purpose.RIGHTS, actor=Actor.system("proof"))

    def by_hand(item: VaultItem) -> None:
        key = keystore.current().get(item.child_id, keystore.hour_of(item.child.collected_at))
        where = ciphers.place(item.child_id, Kind(item.kind), item.number)
        if not item.blob:
            ciphers.unseal(key, bytes(item.ciphertext or b""), where)
            return
        with blobs.open_blob(item.child, item.blob) as file:
            ciphers.unseal_file(key, file, where, item.blob)

    items = list(VaultItem.objects.select_related("child"))
    readable = sum(any(_works(way, item) for way in (by_the_vault, by_hand)) for item in items)
    return {"items": len(items), "readable": readable}


def _works(way: Any, item: Any) -> bool:
    try:
        way(item)
    except Exception:  # whatever it is, nothing was read
        return False
    return True


if __name__ == "__main__":
    django.setup()
    print(json.dumps(attempt()))
