"""Joined to bound_alembic.py: tells which files alembic, env.py and the revisions have read, so that whoever keeps what they made
knows when it is out of date. What belongs to Python itself and to libraries is not told, but for the versions of the two that
write the SQL. With `also`, tells the content of each file as well, and how the revisions follow each other.
"""
import atexit
import importlib.util
import sysconfig
import time


def trace(also):
    """:param also: other files whose content is told; none: no content is"""
    # Each file, and whether it was first read while the revisions ran.
    files, began = {}, time.time()
    paths = sysconfig.get_paths()
    libraries = {os.path.realpath(each) + os.sep for each in [*paths.values(), sys.prefix, sys.base_prefix]}

    def heard(event, arguments):
        if event != "open":
            return
        path, mode, flags = arguments
        if not isinstance(path, (str, bytes)) or (mode or "r")[:1] != "r" or "+" in (mode or "") or flags & 3 != os.O_RDONLY:
            return
        files.setdefault(os.fsdecode(path), course.get("begun") is not None)

    def own(found):
        sources = {source_of(os.path.abspath(each)) for each in found}
        sources = {each for each in sources if not any(os.path.realpath(each).startswith(one) for one in libraries)}
        return {each for each in sources if not re.search(r"/(site|dist)-packages/|^/(proc|dev|sys)/", each)}

    def tell():
        found = list(files.items())
        early = own(path for path, late in found if not late)
        late = own(path for path, late in found if late) - early
        versions = [getattr(sys.modules.get(name), "__file__", None) for name in ("alembic", "sqlalchemy")]
        early.update(each for each in versions if each)
        say(read=sorted(early | late))
        if also is not None:
            contents = {each: content_of(each, began) for each in early | late | set(also)}
            say(contents=contents, early=sorted(early), late=sorted(late), revisions=revisions_of(directories))

    directories = also is not None and remember_directories()
    sys.addaudithook(heard)
    atexit.register(tell)


def source_of(path):
    """A module that Python has compiled before is read from its cache, if its source has not changed since."""
    try:
        return importlib.util.source_from_cache(path) if path.endswith(".pyc") else path
    except ValueError:
        return path


def content_of(path, began):
    """None: it is not there, or was changed since the program began, so that nobody knows what was read of it."""
    try:
        if os.stat(path).st_mtime >= began:
            return None
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None


def remember_directories():
    from alembic.script import ScriptDirectory

    found, plain = [], ScriptDirectory.__init__

    @functools.wraps(plain)
    def init(self, *args, **options):
        plain(self, *args, **options)
        found.append(self)

    ScriptDirectory.__init__ = init
    return found


def revisions_of(directories):
    """Each revision with its file, and those that come before it."""
    return [
        {"id": one.revision, "path": os.path.abspath(one.path), "after": sorted(one._all_down_revisions)}
        for directory in directories[-1:]
        for one in directory.walk_revisions()
    ]
