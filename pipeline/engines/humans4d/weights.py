"""The weight files of the networks on this machine: found where upstream's own programs put them, fetched where not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pipeline.caches import CACHES, cache_root
from pipeline.engines.digest import sha256_of
from pipeline.engines.download import Damaged, download
from pipeline.engines.fetching import Tally, alone
from pipeline.engines.humans4d.archive import publish, unpack
from pipeline.engines.humans4d.manifest import Manifest
from pipeline.engines.humans4d.weight_files import ARCHIVE, ARCHIVE_URL, FILES, HMR2_KEYS, WeightFile
from pipeline.engines.transfer import Reach
from pipeline.errors import BodyError, MissingFile
from pipeline.loading import Tell
from pipeline.smpl.places import is_smpl_of, smpl_candidates, smpl_folder
from pipeline.smpl.read import read_body

MISSING = "is missing"
_GET_SMPL = "https://smpl.is.tue.mpg.de"


class Weights:
    """Finds, checks and fetches the files of `FILES`."""

    def __init__(
        self,
        folder: str = "",
        *,
        files: Mapping[str, WeightFile] = FILES,
        archive_url: str = ARCHIVE_URL,
        reach: Reach | None = None,
    ) -> None:
        """Look where upstream does, or elsewhere.

        Args:
            folder: Holds `4DHumans`, `phalp` and `detectron2`. Empty: the one RETAKE_WEIGHTS names, else
                upstream's places.
            files: The files by key.
            archive_url: Where the archive is that holds HMR 2.0's.
            reach: What downloads do outside of this process.
        """
        self.files = files
        self.folder = folder
        self._archive_url = archive_url
        self._reach = reach
        self._roots = {tool: cache_root(tool, folder) for tool in CACHES}
        self._manifests = {tool: Manifest(root) for tool, root in self._roots.items()}

    def root(self, tool: str) -> Path:
        """The folder one tool's files are below: "4DHumans", "phalp" or "detectron2"."""
        return self._roots[tool]

    def path(self, key: str) -> Path:
        """Where a file is, or would be."""
        return self._at(self.files[key].place)

    def present(self, key: str) -> bool:
        """Whether a file is here and whole."""
        return not self.problem(key)

    def problem(self, key: str) -> str:
        """What is wrong with a file, such as "is missing" or "is cut off"; empty if nothing is.

        A file is looked into once, and again when it has changed.
        """
        file, path = self.files[key], self.path(key)
        if not path.is_file():
            return MISSING
        manifest = self._manifest(file)
        if manifest.record(path) is None:
            try:
                file.check(path)
            except Damaged as damage:
                return str(damage)
            except OSError as error:
                return f"cannot be read ({error.strerror})"
            manifest.put(path)
        return self._other_than_pinned(file)

    def sha256(self, key: str, told: Callable[[int], None] = lambda count: None) -> str:
        """The SHA-256 of a file that is here, remembered until it changes; `told` gets the bytes read."""
        manifest, path = self._manifest(self.files[key]), self.path(key)
        record = manifest.record(path)
        if record is not None and record.sha256:
            return record.sha256
        found = sha256_of(path, told)
        manifest.put(path, sha256=found)
        return found

    def rotten(self, key: str) -> bool:
        """Read a file anew: whether its content has changed though its size and date have not."""
        path = self.path(key)
        record = self._manifest(self.files[key]).record(path)
        return bool(record and record.sha256 and record.sha256 != sha256_of(path))

    def replaced(self, key: str) -> bool:
        """Whether a file is whole but not the one that was fetched: somebody put another there."""
        path = self.path(key)
        last = self._manifest(self.files[key]).last(path)
        return last is not None and last.came_as not in ("", self.sha256(key))

    def fetch(self, key: str, tell: Tell) -> Path:
        """Have a file: nothing is done if it is here and whole, else it is fetched, or the rest of it.

        Raises:
            EngineError: It cannot be had; the hint says how to bring it by hand.
            Cancelled: By `tell`; what has come is kept.
        """
        file = self.files[key]
        if not self.present(key):
            with alone(self._roots[file.place.partition("/")[0]] / ".retake.lock", tell):
                self._fetch(file, tell)
        return self.path(key)

    def fetch_all(self, keys: Iterable[str], tell: Tell) -> None:
        """As `fetch`, one after another; bytes add up."""
        tally = Tally(tell)
        for key in keys:
            self.fetch(key, tally.tell)
            tally.next()

    def _fetch(self, file: WeightFile, tell: Tell) -> None:
        if self.present(file.key):  # another process fetched it while this one waited
            return
        if file.archived:
            self._fetch_archive(tell)
            return
        path = self.path(file.key)
        download(file.url, path, tell, sha256=file.sha256, check=file.check, reach=self._reach)
        self._put(file, tell)

    def _fetch_archive(self, tell: Tell) -> None:
        """Fetch HMR 2.0's archive if it is not here whole, and unpack what is missing."""
        tally = Tally(tell)
        root, archive = self._roots["4DHumans"], self._at(ARCHIVE)
        stage = root / ".retake-unpacking"
        places = {key: self.files[key].place.partition("/")[2] for key in HMR2_KEYS if key in self.files}

        def check(path: Path) -> None:
            tally.next()
            unpack(path, stage, tally.tell, places.values())

        if not _is_whole(archive, check):
            tally.next()
            download(self._archive_url, archive, tally.tell, check=check, adopt=True, reach=self._reach)
        publish(stage, root, [self.path(key) for key in places if self.problem(key)])
        for key in places:
            self._put(self.files[key], tell)

    def _put(self, file: WeightFile, tell: Tell) -> None:
        """Note the checksum a file came with, so that later damage is found."""
        path = self.path(file.key)
        size = max(path.stat().st_size, 1)

        def told(count: int) -> None:
            tell(fraction=count / size, detail=f"checksum of {path.name}")

        self._manifest(file).put(path, sha256=file.sha256 or sha256_of(path, told), fetched=True)

    def _other_than_pinned(self, file: WeightFile) -> str:
        if file.sha256 and (found := self.sha256(file.key)) != file.sha256:
            return f"has the SHA-256 {found}, not {file.sha256}"
        return ""

    def _manifest(self, file: WeightFile) -> Manifest:
        return self._manifests[file.place.partition("/")[0]]

    def _at(self, place: str) -> Path:
        tool, _, rest = place.partition("/")
        return self._roots[tool] / rest


def _is_whole(archive: Path, check: Callable[[Path], None]) -> bool:
    """Whether an archive is here, which upstream leaves cut off when a download breaks."""
    try:
        check(archive)
    except (FileNotFoundError, Damaged):
        return False
    return True


def smpl_file(gender: str, chosen: str, weights: Weights) -> Path:
    """The user's SMPL file of a gender: the chosen one, else one where Retake or upstream keeps them.

    Args:
        gender: "neutral", "male" or "female".
        chosen: Path of the file chosen in the window; may be empty, gone, or of another gender.
        weights: Says where upstream's folders are.

    Raises:
        MissingFile: There is none that can be read; the hint says where to get it and where to put it.
    """
    problems = []
    for path in (*([Path(chosen)] if chosen else []), *smpl_candidates(gender, weights.folder)):
        if path.is_file():
            try:
                if is_smpl_of(read_body(path), gender, path):
                    return path
                problems.append(f"{path} is not the {gender} one")
            except BodyError as error:
                problems.append(error.message.rstrip("."))
    also = f" ({'; '.join(problems)})" if problems else ""
    raise MissingFile(
        f"The {gender} SMPL body is missing{also}.",
        f"Its makers give it away for free at {_GET_SMPL} after registration: “SMPL for Python”, version 1.1.0. Drop "
        f"the {gender} .pkl file on the Models panel, or put it on the machine the engine runs on, at "
        f"{smpl_folder() / f'SMPL_{gender.upper()}.pkl'}.",
        need=f"smpl:{gender}",
    )
