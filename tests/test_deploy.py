"""The image, compose.yaml and the Kubernetes example: unprivileged, bounded, probed, and pinned."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mehealth_ui.limits import ENDING_SECONDS

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = ROOT / "Dockerfile"
KUBERNETES = ROOT / "deploy" / "kubernetes.yaml"
PINNED = re.compile(r".+:\d[\w.-]*")
"""An image with a tag that begins with a version."""


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def kubernetes() -> dict[str, dict[str, Any]]:
    return {part["kind"]: part for part in yaml.safe_load_all(KUBERNETES.read_text("utf-8"))}


def instructions(name: str) -> list[str]:
    """What stands behind each instruction of this name in the Dockerfile, in order."""
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text(encoding="utf-8"))
    return re.findall(rf"^{name} (.*)$", text, re.MULTILINE)


def test_the_image() -> None:
    images = [line.split()[0] for line in instructions("FROM")]
    assert len(images) == 2
    assert all(PINNED.fullmatch(image) and "-slim" in image for image in images)
    assert instructions("USER") == ["10001:10001"]
    (check,) = instructions("HEALTHCHECK")
    assert "/healthz" in check
    command = json.loads(check[check.index("CMD") + 3 :])
    compile(command[-1], "HEALTHCHECK", "exec")
    assert instructions("ENTRYPOINT") == ['["mehealth"]']
    copied = [part for line in instructions("COPY") for part in line.split()[:-1]]
    assert all((ROOT / part).exists() for part in copied if not part.startswith(("--", "/")))


def test_the_health_check_fails_where_nothing_listens() -> None:
    (check,) = instructions("HEALTHCHECK")
    _, *arguments = json.loads(check[check.index("CMD") + 3 :].replace(":7860", ":9"))
    assert subprocess.run([sys.executable, *arguments], check=False, timeout=60).returncode == 1


@pytest.mark.parametrize("name", ["page", "chroma", "postgres", "nginx"])
def test_compose(name: str) -> None:
    service = compose()["services"][name]
    assert PINNED.fullmatch(service["image"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["mem_limit"]


def test_in_compose_nginx_is_the_proxy_that_is_believed() -> None:
    services = compose()["services"]
    assert services.keys() == {"page", "chroma", "postgres", "nginx"}
    assert services["page"]["user"] == "10001:10001"
    address = services["nginx"]["networks"]["inside"]["ipv4_address"]
    assert address in services["page"]["environment"]["MEHEALTH_UI_HOSTS"].split(",")
    assert [name for name, one in services.items() if "ports" in one] == ["nginx"]
    (kept,) = (v.split(":")[0] for v in services["nginx"]["volumes"])
    text = (ROOT / kept).read_text(encoding="utf-8")
    assert "server page:7860;" in text
    assert "X-Forwarded-For $remote_addr;" in text
    assert seconds(services["page"]["stop_grace_period"]) > ENDING_SECONDS


def test_in_compose_the_page_keeps_what_it_keeps_in_postgresql() -> None:
    services = compose()["services"]
    postgres, page = services["postgres"]["environment"], services["page"]
    address = page["environment"]["MEHEALTH_UI_DATABASE"]
    password, name = postgres["POSTGRES_PASSWORD"], postgres["POSTGRES_USER"]
    assert password.startswith("${MEHEALTH_DATABASE_PASSWORD:?")  # there is none by default
    assert address == f"postgresql://{name}:{password}@postgres/{name}"
    assert page["depends_on"]["postgres"] == {"condition": "service_healthy"}
    mounted = {v.split(":")[0] for one in services.values() for v in one["volumes"]}
    assert compose()["volumes"].keys() <= mounted
    (extras,) = re.findall(r"'\.\[(.*)\]'", DOCKERFILE.read_text(encoding="utf-8"))
    assert "postgres" in extras.split(",")


def test_nginx_sends_a_visitor_to_one_replica() -> None:
    """The page's question and its answer are two requests."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    assert "hash $remote_addr consistent;" in text


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_kubernetes() -> None:
    parts = kubernetes()
    assert parts.keys() == {"PersistentVolumeClaim", "Deployment", "Service"}
    pod = parts["Deployment"]["spec"]["template"]
    spec = pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["terminationGracePeriodSeconds"] > ENDING_SECONDS
    assert spec["enableServiceLinks"] is False
    (page,) = spec["containers"]
    assert PINNED.fullmatch(page["image"])
    assert page["securityContext"]["readOnlyRootFilesystem"] is True
    assert page["securityContext"]["allowPrivilegeEscalation"] is False
    assert page["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert page["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert {"cpu", "memory"} == page["resources"]["limits"].keys()
    mounted = {mount["name"] for mount in page["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}
    assert parts["Service"]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    claimed = parts["PersistentVolumeClaim"]["metadata"]["name"]
    assert claimed in {v.get("persistentVolumeClaim", {}).get("claimName") for v in spec["volumes"]}


def test_what_is_said_in_both_is_the_same() -> None:
    """The version of the image, and of Chroma's server and its client."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)
    services = compose()["services"]
    (page,) = kubernetes()["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert page["image"] == services["page"]["image"] == f"mehealth-rag:{version}"
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    client = next(pin for pin in pins if pin.startswith("chromadb=="))
    assert services["chroma"]["image"].split(":")[1] == client.split("==")[1]


def test_hadolint_has_nothing_to_say() -> None:
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("hadolint is not installed: run make install")
    done = subprocess.run(
        [found, "--no-color", str(DOCKERFILE)], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "Deployment", "Service"])
def test_kubernetes_knows_every_key(kind: str) -> None:
    checker = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed: run make install"
    )
    checker.validate(kubernetes()[kind], "1.33", strict=True)
