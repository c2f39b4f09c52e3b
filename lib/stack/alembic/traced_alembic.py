"""Joined to bound_alembic.py: tells which files alembic, env.py and the revisions have read, so that whoever keeps what they made
knows when it is out of date. What belongs to Python itself and to libraries is not told, but for the versions of the two that
write the SQL.
"""
import atexit
import importlib.util
import sysconfig


def trace():
    files = set()
    paths = sysconfig.get_paths()
    libraries = {os.path.realpath(each) + os.sep for each in [*paths.values(), sys.prefix, sys.base_prefix]}

    def heard(event, arguments):
        if event != "open":
            return
        path, mode, flags = arguments
        if not isinstance(path, (str, bytes)) or (mode or "r")[:1] != "r" or "+" in (mode or "") or flags & 3 != os.O_RDONLY:
            return
        files.add(os.fsdecode(path))

    def tell():
        found = {source_of(os.path.abspath(each)) for each in list(files)}
        own = {each for each in found if not any(os.path.realpath(each).startswith(one) for one in libraries)}
        own = {each for each in own if not re.search(r"/(site|dist)-packages/|^/(proc|dev|sys)/", each)}
        versions = [getattr(sys.modules.get(name), "__file__", None) for name in ("alembic", "sqlalchemy")]
        say(read=sorted(own) + [each for each in versions if each])

    sys.addaudithook(heard)
    atexit.register(tell)


def source_of(path):
    """A module that Python has compiled before is read from its cache, if its source has not changed since."""
    try:
        return importlib.util.source_from_cache(path) if path.endswith(".pyc") else path
    except ValueError:
        return path
