"""What the Hub answers, as its own library asks: commits, trees by pages, files by ranges."""

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from tests.collection.web_server import Reply, reply

_LARGE = (".parquet", ".gz")
"""Names of files that are kept outside of git, as the Hub's `.gitattributes` has it."""

TOKEN = "hf_s3cr3ttoken"


@dataclass
class HubSite:
    """The site; give it to a `Server`."""

    server: object
    commits: dict = field(default_factory=dict)
    """Files by repository and commit."""

    branches: dict = field(default_factory=dict)
    """The commit by repository and branch."""

    private: set = field(default_factory=set)
    gated: dict = field(default_factory=dict)
    page_size: int = 1000
    forge: dict = field(default_factory=dict)
    """A function from the true answer to another one, by path in the repository."""

    fetched: list = field(default_factory=list)
    """Path and range of every part of a file that was sent."""

    def commit(self, files, *, repository="ada/poems", branch="main"):
        """Add a commit; return its 40 digits."""
        contents = {
            path: data if isinstance(data, bytes) else data.encode() for path, data in files.items()
        }
        before = self.branches.get((repository, branch), "")
        sha = hashlib.sha1(f"{before}{branch}{sorted(contents.items())}".encode()).hexdigest()
        self.commits[repository, sha] = contents
        self.branches[repository, branch] = sha
        return sha

    def __call__(self, request):
        path = request.path
        if found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/revision/([^/]+)", path):
            return self._answer(request, *found.groups(), self._info)
        if found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)(?:/(.+))?", path):
            repository, revision, folder = found.groups()
            return self._answer(request, repository, revision, self._tree, folder or "")
        if found := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            repository, revision, name = found.groups()
            if repository in self.gated and not _is_known(request):
                return _refuse(401, "GatedRepo")
            return self._answer(request, repository, revision, self._resolve, name)
        if found := re.fullmatch(r"/(?:cdn|api/resolve-cache)/([^/]+/[^/]+)/([^/]+)/(.+)", path):
            return self._send(request, *map(unquote, found.groups()))
        return _refuse(404, "EntryNotFound")

    def _answer(self, request, repository, revision, answer, *rest):
        if not any(known == repository for known, _ in self.commits):
            return _refuse(404 if _is_known(request) else 401, "RepoNotFound")
        if repository in self.private and not _is_known(request):
            return _refuse(401, "RepoNotFound")
        revision = unquote(revision)
        sha = self.branches.get((repository, revision), revision)
        if (repository, sha) not in self.commits:
            return _refuse(404, "RevisionNotFound")
        return answer(request, repository, sha, *map(unquote, rest))

    def _info(self, request, repository, sha):
        return reply(
            {
                "id": repository,
                "sha": sha,
                "private": repository in self.private,
                "gated": self.gated.get(repository, False),
                "siblings": [{"rfilename": path} for path in self.commits[repository, sha]],
            }
        )

    def _tree(self, request, repository, sha, folder):
        files = self.commits[repository, sha]
        folders = {
            "/".join(path.split("/")[:depth])
            for path in files
            for depth in range(1, path.count("/") + 1)
        }
        entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": p} for p in folders]
        entries += [_entry(path, data) for path, data in files.items()]
        entries.sort(key=lambda entry: entry["path"])
        below = [one for one in entries if one["path"].startswith(f"{folder}/" if folder else "")]
        recursive = request.query["recursive"]
        depth = folder.count("/") + bool(folder)
        is_deep = recursive.title() == "True"
        entries = [one for one in below if is_deep or one["path"].count("/") == depth]
        start = int(request.query.get("cursor", "0"))
        page = entries[start : start + self.page_size]
        headers = {}
        if start + self.page_size < len(entries):
            where = f"{self.server.url}{request.path}?recursive={recursive}&expand=False"
            headers["Link"] = f'<{where}&cursor={start + self.page_size}>; rel="next"'
        return reply(page, headers=headers)

    def _resolve(self, request, repository, sha, path):
        files = self.commits[repository, sha]
        if path not in files:
            return _refuse(404, "EntryNotFound")
        headers = {"X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        written = quote(path)
        if path.endswith(_LARGE):
            digest = hashlib.sha256(files[path]).hexdigest()
            headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(files[path]))}
            where = f"{self.server.url}/cdn/{repository}/{sha}/{written}?X-Amz-Signature=s1gn4ture"
            return Reply(b"", status=302, headers={**headers, "Location": where})
        where = f"/api/resolve-cache/{repository}/{sha}/{written}"
        return Reply(b"", status=307, headers={**headers, "Location": where})

    def _send(self, request, repository, sha, path):
        data = self.commits[repository, sha][path]
        wanted = {name.lower(): value for name, value in request.headers.items()}.get("range")
        self.fetched.append((path, wanted))
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", wanted).groups())
        last = min(last, len(data) - 1)
        headers = {
            "Content-Range": f"bytes {first}-{last}/{len(data)}",
            "Content-Type": "application/octet-stream",
            "ETag": f'"{hashlib.sha256(data).hexdigest()}"',
        }
        true = Reply(data[first : last + 1], status=206, headers=headers)
        return self.forge[path](true) if path in self.forge else true


def _entry(path, data):
    entry = {"type": "file", "oid": _blob(data), "size": len(data), "path": path}
    if path.endswith(_LARGE):
        digest = hashlib.sha256(data).hexdigest()
        pointer = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n"
        )
        entry["oid"] = _blob(pointer.encode())
        entry["lfs"] = {"oid": digest, "size": len(data), "pointerSize": len(pointer)}
        entry["xetHash"] = "0" * 64
    return entry


def _blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _is_known(request):
    said = {name.lower(): value for name, value in request.headers.items()}
    return said.get("authorization") == f"Bearer {TOKEN}"


def _refuse(status, code):
    headers = {"X-Error-Code": code, "X-Error-Message": "no"}
    return reply({"error": "no"}, status=status, headers=headers)
