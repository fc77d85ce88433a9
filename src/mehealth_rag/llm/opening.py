"""Which model the settings mean, and what is wrong with them where they mean none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.errors import UsageError
from mehealth_rag.llm.failures import Place

if TYPE_CHECKING:
    from mehealth_rag.llm.model import LanguageModel
    from mehealth_rag.settings import Settings


def open_configured(settings: Settings) -> LanguageModel:
    """Open the model; see `mehealth_rag.llm.open_model`."""
    if settings.llm_base_url is not None and settings.llm_gguf is not None:
        raise UsageError("llm_base_url and llm_gguf are both set; unset one of them")
    if settings.llm_gguf is not None:
        from mehealth_rag.llm.file_model import FileModel

        return FileModel(settings.llm_gguf.expanduser(), settings)
    if settings.llm_base_url is not None:
        from mehealth_rag.llm.server_model import ServerModel

        url = settings.llm_base_url.rstrip("/")
        return ServerModel(Place(url, settings.llm_model or "", api_key(settings)), settings)
    raise UsageError(
        "no language model is configured; set MEHEALTH_LLM_BASE_URL to a server's address "
        "or MEHEALTH_LLM_GGUF to a model file"
    )


def api_key(settings: Settings) -> str:
    """The key of the model's server, from the settings or its file; empty where there is none.

    Raises:
        UsageError: the file cannot be read or holds no key, or both are set.
    """
    if settings.llm_api_key_file is None:
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""
        return _fit(key.strip(), "MEHEALTH_LLM_API_KEY")
    if settings.llm_api_key is not None:
        raise UsageError("llm_api_key and llm_api_key_file are both set; unset one of them")
    path = settings.llm_api_key_file.expanduser()
    key = _first_line(path)
    if not key:
        raise UsageError(f"{path}: its first line holds no key; check MEHEALTH_LLM_API_KEY_FILE")
    return _fit(key, str(path))


def _first_line(path: Path) -> str:
    try:
        return (path.read_text(encoding="utf-8").splitlines() or [""])[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or "not a text file"
        raise UsageError(f"{path}: {what}; check MEHEALTH_LLM_API_KEY_FILE") from error


def _fit(key: str, where: str) -> str:
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(f"{where} holds what cannot be a key: spaces or signs outside ASCII")
    return key
