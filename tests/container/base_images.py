"""Images under the names that the Dockerfile and docker-compose.yml build on, where no registry is at
hand: Debian by debootstrap, BusyBox and the monitoring of this machine's own programs."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from needs import SOURCE, missing, run, tool, unable

CACHE = SOURCE / "build/container"

# As the images that they stand for: not root, the folder for data, a wget for the health check.
MONITORING = """FROM {base}
COPY busybox /bin/wget
COPY {program} /bin/{program}
COPY share /usr/share/prometheus/{program}
RUN install -d -o nobody -g nogroup /{program}
USER nobody
VOLUME /{program}
WORKDIR /{program}
ENTRYPOINT ["/bin/{program}"]
"""


def _mirror():
    """Where this machine takes Debian 12 from."""
    if shutil.which("apt-get"):
        _, said = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)",
                      "Identifier: Packages")
        for line in said.splitlines():
            if line.endswith(" bookworm"):
                return line.split()[0].rstrip("/")
    return unable("this machine does not take Debian 12 from anywhere, so there is no base image")


def _debian_archive():
    archive = CACHE / "debian-bookworm.tar"
    if archive.exists():
        return archive
    debootstrap = tool("debootstrap", "debootstrap", unable)
    CACHE.mkdir(parents=True, exist_ok=True)
    # Not in the folder of temporary files, where devices may not be made.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="debian-", dir=CACHE))
    try:
        code, said = run(debootstrap, "--variant=minbase", "bookworm", folder / "root", _mirror(),
                         timeout=600)
        if code != 0:
            unable(f"debootstrap could not make a base image:\n{said[-2000:]}")
        staging = folder / "archive"
        code, said = run("tar", "-c", "-f", staging, "-C", folder / "root", "--exclude=./dev/*",
                         "--exclude=./proc/*", "--exclude=./sys/*",
                         "--exclude=./var/cache/apt/archives/*.deb", ".")
        assert code == 0, said
        staging.rename(archive)
    finally:
        shutil.rmtree(folder)
    return archive


def _load(docker, archive, name):
    with open(archive, "rb") as file:
        subprocess.run(["docker", "import", "-", name], stdin=file, env=docker.environment,
                       stdout=subprocess.DEVNULL, check=True, timeout=120)


def _build(docker, name, folder):
    code, said = run("docker", "build", "-t", name, folder, env=docker.environment)
    assert code == 0, said


def debian(docker, name):
    """With what apt needs to know here to reach its mirrors."""
    _load(docker, _debian_archive(), name)
    folder = docker.folder / "debian"
    folder.mkdir()
    (folder / "acquire").write_text(
        run("apt-config", "dump", "Acquire")[1] if shutil.which("apt-config") else "")
    (folder / "Dockerfile").write_text(
        f"FROM {name}\nCOPY acquire /etc/apt/apt.conf.d/99-of-the-test-machine\n")
    _build(docker, name, folder)


def busybox(docker, name):
    program = tool("busybox", "busybox-static", unable)
    if "not a dynamic" not in run("ldd", program)[1]:
        unable(f"{program} is not static: install busybox-static")
    root = docker.folder / "busybox"
    for folder in ("bin", "tmp", "etc"):
        (root / folder).mkdir(parents=True)
    shutil.copy(program, root / "bin/busybox")
    for applet in run(program, "--list")[1].split():
        if applet != "busybox":
            os.link(root / "bin/busybox", root / "bin" / applet)
    archive = docker.folder / "busybox.tar"
    run("tar", "-c", "-f", archive, "-C", root, ".")
    _load(docker, archive, name)


def monitoring(docker, name, base, program, package, command):
    """`program` as the image knows it; `command` as this machine knows it."""
    folder = docker.folder / program
    (folder / "share").mkdir(parents=True)
    installed = pathlib.Path(tool(command, package))
    shutil.copy(installed, folder / program)
    templates = installed.parent.parent / "share/prometheus" / program  # Debian's are not built in
    for template in templates.glob("*.tmpl"):
        shutil.copy(template, folder / "share")
    shutil.copy(tool("busybox", "busybox-static", unable), folder / "busybox")
    (folder / "Dockerfile").write_text(MONITORING.format(base=base, program=program))
    _build(docker, name, folder)
    code, said = run("docker", "run", "--rm", "--network", "none", name, "--version",
                     env=docker.environment)
    if code != 0:
        missing(f"this machine's {command} does not run on Debian 12:\n{said}")
