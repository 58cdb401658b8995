"""Compiles what the package has in C, where a compiler is at hand; without one it goes a slower way.

The library is called through ctypes, so it needs no header of Python's and serves every version of it. It
lies beside its source, for whoever works on a checkout, and in the wheel, which is then for one platform.
"""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "detection/models/scorer.c"
_FLAGS = ("-std=c11", "-O3", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")
_EDITABLE = "editable"


def _compiler() -> str | None:
    """Return the compiler that is named, or one of the usual names."""
    named = os.environ.get("CC")
    return next(filter(None, map(shutil.which, [named] if named else ["cc", "gcc", "clang"])), None)


class CompileScorer(BuildHookInterface[Any]):
    """Hatchling finds it as the one hook of this file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before a wheel is built, editable or not."""
        source = Path(self.root, SOURCE)
        library = source.with_suffix(".so")
        compiler = _compiler()
        if compiler is None:
            if version == _EDITABLE:
                library.unlink(missing_ok=True)  # it may be of another source
            self.app.display_warning("No C compiler: the linear model will take several times as long")
            return
        partial = library.with_suffix(f".{os.getpid()}.partial")
        subprocess.run([compiler, *_FLAGS, "-o", partial, source], check=True)  # noqa: S603 - the user's own compiler
        partial.replace(library)
        if version != _EDITABLE:
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform}"
            build_data["force_include"][str(library)] = f"sluicegate/{SOURCE.removesuffix('.c')}.so"
