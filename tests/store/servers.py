"""A PostgreSQL server for the tests: in a temporary folder, on a Unix socket, no TCP."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg


def programs() -> Path | None:
    """The folder with initdb and postgres; Debian keeps them out of PATH."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


class Server:
    """One running server; `kill` is a crash, `start` may follow it."""

    def __init__(self, bin_folder: Path, *, durable: bool) -> None:
        self._bin = bin_folder
        # Short: the path of a Unix socket has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._data = self.folder / "data"
        self._options = f"-k {self.folder} -c listen_addresses= " + (
            "" if durable else "-c fsync=off -c full_page_writes=off"
        )
        self._run("initdb", "-D", self._data, "-U", "tester", "-A", "trust", "--no-sync")
        self.start()

    def start(self) -> None:
        log = self.folder / "log"
        # Inherited pipes would stay open in the server and keep us waiting for their end.
        self._run("pg_ctl", "-D", self._data, "-w", "-o", self._options, "-l", log, "start")

    def kill(self) -> None:
        """Every process of the server gone at once, nothing written out."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def new_place(self, name: str) -> str:
        """The URL of a fresh, empty schema; a whole database would take half a second."""
        url = f"postgresql://tester@/postgres?host={self.folder}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{url}&options=-csearch_path%3D{name}"

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [str(self._bin / program), *map(str, arguments)],
            check=True,
            user=self._user,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
