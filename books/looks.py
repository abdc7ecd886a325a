"""How the drawn child looks: nine choices of a parent. Child data: lives in the vault only (P3)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from books import palette

TABLES = {"skin": "skins", "hairstyle": "hairstyles", "hair_colour": "hair_colours", "eyes": "eyes", "wrap": "wraps"}


class UnknownLook(ValueError):
    """A choice that the palette does not have; the message is for the parent."""


@dataclass(frozen=True, repr=False)
class Looks:
    """Keys of the palette. `outfit` empty: what the story dresses the child in."""

    skin: str
    hairstyle: str
    hair_colour: str
    eyes: str
    extras: tuple[str, ...] = ()
    wrap: str = ""
    outfit: str = ""

    def validate(self) -> None:
        """Raises UnknownLook for a key that the palette lacks, or two extras of one kind that exclude each other."""
        options = palette.load()
        for name, table in TABLES.items():
            key = getattr(self, name)
            if key not in {option.key for option in getattr(options, table)} and not (name == "wrap" and not key):
                raise UnknownLook(f"Please choose the {name.replace('_', ' ')} again.")
        if self.outfit and self.outfit not in {option.key for option in options.outfits}:
            raise UnknownLook("Please choose the clothes again.")
        kinds: list[str] = []
        for key in self.extras:
            try:
                kinds.append(options.find("extras", key).kind)
            except KeyError:
                raise UnknownLook("Please choose the extras again.") from None
        if kinds.count("glasses") > 1:
            raise UnknownLook("Please choose one pair of glasses.")
        if len(set(self.extras)) != len(self.extras):
            raise UnknownLook("Please choose each extra once.")

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "extras": list(self.extras)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Looks":
        """Raises UnknownLook when a choice is missing or no longer exists."""
        try:
            looks = cls(
                **{name: str(data[name]) for name in ("skin", "hairstyle", "hair_colour", "eyes")},
                extras=tuple(str(key) for key in data.get("extras", ())),
                wrap=str(data.get("wrap") or ""),
                outfit=str(data.get("outfit") or ""),
            )
        except KeyError as missing:
            raise UnknownLook(f"Please choose the {str(missing.args[0]).replace('_', ' ')}.") from None
        looks.validate()
        return looks


DEFAULT = Looks(skin="5", hairstyle="bob", hair_colour="dark-brown", eyes="brown", wrap="sky", outfit="raincoat")
