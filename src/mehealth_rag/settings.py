"""Settings: environment, then `mehealth.toml` in the working folder, then flags; the last wins."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from rapidfuzz import process

from mehealth_rag.errors import UsageError

PREFIX = "MEHEALTH_"
SETTINGS_FILE = "mehealth.toml"
PACKAGED_MODEL = "all-MiniLM-L6-v2"
PACKAGED_READER = "packaged"
PACKAGED_CORPUS = Path(__file__).parent / "prospectus"
"""The corpus that ships in a wheel; a checkout has it in `corpus/` instead."""

_OWN_CORPUS = Path("corpus")
_SECRET = frozenset({"llm_api_key", "ui_database"})

Engine = Literal["extractive", "generative"]
"""Who writes an answer: the documents, or a language model."""

LogLevel = Literal["debug", "info", "warning", "error"]


def default_index(corpus: Path) -> Path:
    """Return the per-user folder for the index of a corpus folder."""
    full = corpus.expanduser().resolve()
    digest = hashlib.sha256(str(full).encode()).hexdigest()[:8]
    return user_data_path("mehealth") / "indexes" / f"{full.name or 'root'}-{digest}"


class Settings(BaseModel):
    """The settings; `Settings.load` makes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpus: Path = Field(_OWN_CORPUS, description="folder with the documents")
    index: Path = Field(
        default_factory=lambda values: default_index(values["corpus"]),
        description="folder of the index",
    )
    embedding_model: str = Field(
        PACKAGED_MODEL, description="the packaged model, a folder or a hub name"
    )
    chroma_url: str | None = Field(None, description="address of a Chroma server; else embedded")
    ray: str | None = Field(
        None,
        pattern=r"^(local|auto|[^\s@/]+:\d+)$",
        description="Ray cluster whose workers read and embed: `local`, `auto` or HOST:PORT",
    )
    reader: str = Field(
        PACKAGED_READER,
        description="`small` or `large`, a folder, or `packaged`: the better one by measurement",
    )
    pdf_passwords: Path | None = Field(
        None, description="file with the passwords of locked PDFs, one a line"
    )
    ocr_languages: str = Field(
        "eng",
        pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$",
        description="languages of scanned pages, by Tesseract's names; `none` switches OCR off",
    )
    reading_processes: int = Field(
        2, ge=1, le=64, description="files read at a time, each in a separate process"
    )
    reading_seconds: int = Field(
        60, ge=1, description="seconds without progress after which reading a file ends"
    )
    reading_megabytes: int = Field(
        2_000, ge=500, description="megabytes of memory that reading one file may take"
    )
    engine: Engine = Field("extractive", description="who writes the answer")
    llm_base_url: str | None = Field(
        None, pattern=r"^https?://[^\s@]+$", description="address of a language model's server"
    )
    llm_model: str | None = Field(None, min_length=1, description="the model's name there")
    llm_api_key: SecretStr | None = Field(None, description="key of that server; never printed")
    llm_api_key_file: Path | None = Field(None, description="file that holds the key")
    llm_gguf: Path | None = Field(None, description="model file to run on this machine")
    llm_context: int | None = Field(
        None, ge=512, description="tokens of prompt and answer together; else the server is asked"
    )
    llm_max_tokens: int = Field(320, ge=16, description="the most tokens of an answer")
    llm_connect_timeout: float = Field(5.0, gt=0, description="seconds until connected")
    llm_first_token_timeout: float = Field(60.0, gt=0, description="seconds until the first token")
    llm_token_timeout: float = Field(15.0, gt=0, description="seconds between two tokens")
    llm_timeout: float = Field(120.0, gt=0, description="seconds for a whole answer")
    fetch_contact: str | None = Field(
        None,
        pattern=r"^[ -~]+$",
        description="address that a server's operator may write to; sent with every request",
    )
    fetch_max_megabytes: int = Field(100, ge=1, description="largest file that is fetched")
    fetch_allow_private: bool = Field(False, description="whether to fetch from private addresses")
    ui_host: str = Field("127.0.0.1", description="address that the web page listens on")
    ui_port: int = Field(7860, ge=1, le=65_535, description="port of the web page")
    ui_hosts: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]+(/\d+)?( *, *[A-Za-z0-9._-]+(/\d+)?)*$",
        description="host names of the web page, such as a proxy's, separated by commas",
    )
    ui_auth: Path | None = Field(
        None, description="password file of the web page; `mehealth auth add NAME` makes an entry"
    )
    ui_keys: Path | None = Field(
        None, description="file of the API keys; else the password file's name and `.keys`"
    )
    ui_database: SecretStr | None = Field(
        None, description="address of a PostgreSQL database for users' data; else files"
    )
    ui_session_hours: float = Field(
        12.0, gt=0, description="hours until a sign-in to the web page ends"
    )
    ui_keep_days: int = Field(
        365, ge=1, description="days that feedback and the audit log are kept"
    )
    ui_mcp: bool = Field(False, description="whether the web page is an MCP server too")
    ui_documents: bool = Field(
        False, description="whether documents may be added and removed without sign-in"
    )
    ui_documents_megabytes: int = Field(
        2_000, ge=1, description="the most megabytes of documents added on the web page"
    )
    ui_question_length: int = Field(
        2_000, ge=1, le=2_000, description="the most characters of a question on the web page"
    )
    ui_questions_per_minute: int = Field(
        60, ge=1, description="questions a minute from one visitor of the web page"
    )
    ui_queue: int = Field(200, ge=1, description="questions that may wait; more are turned away")
    ui_concurrency: int = Field(2, ge=1, description="questions answered at a time")
    log_level: LogLevel = Field("info", description="lowest level in the service's log")
    log_format: Literal["auto", "lines", "json"] = Field(
        "auto", description="`lines` for people, `json`, or `auto`: lines on a terminal"
    )
    log_questions: bool = Field(False, description="whether the log includes questions")

    @classmethod
    def load(
        cls,
        flags: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Settings:
        """Merge environment, settings file and flags (None: not given).

        Without a setting, the corpus is `corpus/`, or the packaged one if there is no such folder.

        Raises UsageError for an unknown key, naming the nearest, and for an invalid value.
        """
        file = (folder or Path.cwd()) / SETTINGS_FILE
        from_environment = _from_environment(os.environ if environ is None else environ)
        from_file = _from_file(file)
        flag_values = {key: value for key, value in (flags or {}).items() if value is not None}
        values = from_environment | from_file | flag_values
        if not _OWN_CORPUS.is_dir() and PACKAGED_CORPUS.is_dir():
            values = {"corpus": PACKAGED_CORPUS} | values
        try:
            return cls(**values)
        except ValidationError as error:
            where = {key: f"the environment variable {_variable(key)}" for key in from_environment}
            where |= {key: f"the key '{key}' in {file}" for key in from_file}
            where |= {
                key: f"the option --{key.removeprefix('ui_').replace('_', '-')}"
                for key in flag_values
            }
            raise UsageError(_one_line(error, where)) from error


def _variable(key: str) -> str:
    return f"{PREFIX}{key.upper()}"


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values = {k.removeprefix(PREFIX).lower(): v for k, v in environ.items() if k.startswith(PREFIX)}
    for key in values:
        _check_key(key, f"the environment variable {_variable(key)}", prefix=True)
    return {k: v for k, v in values.items() if v != ""}


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML ({error}); mend or remove the file") from error
    for key in table:
        _check_key(key, f"the key '{key}' in {path}", prefix=False)
    return table


def _check_key(key: str, what: str, *, prefix: bool) -> None:
    known = tuple(Settings.model_fields)
    if key in known:
        return
    nearest = process.extractOne(key, known)
    name = nearest[0] if nearest else known[0]
    nearest_name = _variable(name) if prefix else name
    raise UsageError(f"{what} is not a setting; did you mean {nearest_name}?")


def _one_line(error: ValidationError, where: Mapping[str, str]) -> str:
    first = error.errors()[0]
    key = str(first["loc"][0]) if first["loc"] else "settings"
    place = where.get(key, f"the setting '{key}'")
    shown = repr(first["input"])
    if key in _SECRET or "@" in shown:  # a key, or an address with a password in it
        shown = "not valid (it is not shown here)"
    return f"{place} is {shown}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def read_passwords(path: Path) -> tuple[str, ...]:
    """Return the passwords of a file, one a line, without empty lines.

    Raises UsageError if the file cannot be read. No message contains a password.
    """
    try:
        lines = path.expanduser().read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8; save the file of pdf_passwords as that") from error
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise UsageError(
            f"{path}: cannot be read ({reason}); check the setting pdf_passwords"
        ) from error
    return tuple(dict.fromkeys(line for line in lines if line.strip()))
