"""Where the programs of the cluster are: in KUBEBUILDER_ASSETS, or built by scripts/cluster-build."""

import os
import pathlib
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILT = SOURCE / "build/cluster/bin"
SKIPPED = 77  # CTest's SKIP_RETURN_CODE of the cluster's tests

NEEDED = ("etcd", "kube-apiserver", "kube-controller-manager", "kwok")
# Parts that KUBEBUILDER_ASSETS may lack; PATH may have them.
OPTIONAL = ("kubectl", "helm")


class Missing(Exception):
    """A program that is not to be had, with what to do about it."""


def required():
    """Whether a missing cluster is a failure, as in continuous integration."""
    return os.environ.get("EBBGATE_REQUIRE_ALL") == "1"


def program(name):
    """The path of a program of the cluster."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    folder = pathlib.Path(assets) if assets else BUILT
    if os.access(folder / name, os.X_OK):
        return str(folder / name)
    found = shutil.which(name) if name in OPTIONAL else None
    if found:
        return found
    if assets:
        raise Missing(f"{name} is not in KUBEBUILDER_ASSETS ({assets}): put it there, or unset "
                      "that variable to have it built with Go")
    raise Missing(f"{folder / name} is not there: scripts/cluster-build builds it")


def build():
    """Builds what is not up to date; quick when all is."""
    done = subprocess.run([str(SOURCE / "scripts/cluster-build")], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3600)
    if done.returncode:
        raise Missing(done.stdout.decode(errors="replace").strip())
    for name in NEEDED:
        program(name)


def skip(reason):
    """Ends this test program: as skipped, or as failed where the cluster is required."""
    if required():
        sys.exit(f"the cluster is required (EBBGATE_REQUIRE_ALL=1): {reason}")
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIPPED)
