"""Runs alembic, and lets no connection through that reaches another database than the given one.

    <the Python of alembic> - <arguments of alembic> < this file, and a last line that calls main()

Nothing of the project changes. Each driver for PostgreSQL is bound when it is imported, where it connects: whoever
connects (SQLAlchemy's pool, creator=, env.py by itself), the first statement of the session is ours. A driver that is
not known here is bound by SQLAlchemy's pool, in front of its first statement. What is refused ends the process at once,
because an env.py may catch an exception and go on.

It can also lead each connection of a known driver to another database than env.py names, which then has to be the given one.

What this program has to say goes to standard error, behind a word that nobody else can know; lib/stack/alembic/binding.ts
takes it out again.
"""
import functools
import hashlib
import inspect
import json
import os
import re
import runpy
import sys
import traceback
import types
import weakref

# What `<python> -` has put in front of the modules' folders, unless it was told not to. With it, a folder called
# alembic in the working directory would be imported in the place of the library.
OWN_ENTRY = sys.path.pop(0) if sys.path[:1] == [""] else None

MARKER = re.compile(rb"(?:^|\n)makesafe\.environment=([a-z0-9][a-z0-9_-]*)\s*\Z")
REFUSED = 77
# https://www.postgresql.org/docs/current/errcodes-appendix.html
NO_TRANSACTION = "25P01"

given = {}
# Of the migrations that run: how far they are, for whoever has to hear why they stopped.
course = {"done": [], "running": None}
bound = weakref.WeakSet()
count = 0


def say(**report):
    os.write(2, (given["word"] + json.dumps(report) + "\n").encode("ascii"))


def refuse(**reached):
    end(refused=reached, bound=count)


def end(**report):
    """At once, also where somebody would catch an exception. The server rolls back what is under way."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    say(**report)
    os._exit(REFUSED)


def text(value):
    """Of a database that declares no encoding some drivers return bytes."""
    return value.decode("ascii") if isinstance(value, bytes) else value


def judge(row):
    """
    Ends the process unless the row that the session answered to the question is that of the expected database.

    :return: the process id of the session's backend
    """
    global count
    oid, system, started, comment, name, process = map(text, row)
    marked = MARKER.search(bytes.fromhex(comment or ""))
    found = {
        "database": bytes.fromhex(name).decode("utf-8", "replace"),
        "oid": oid,
        "systemIdentifier": system,
        "started": started,
        "marker": marked.group(1).decode("ascii") if marked else None,
    }
    expected = given["expected"]
    if expected is None:
        refuse(found=found)
    servers = [key for key in ("systemIdentifier", "started") if found[key] and expected[key]]
    same = servers and all(found[key] == expected[key] for key in servers + ["oid"])
    # A migration may have taken the marker away. That of another environment is no accident.
    if not same or found["marker"] not in (None, expected["marker"]):
        refuse(found=found)
    count += 1
    say(session=int(process))
    return int(process)


def remember(connection):
    try:
        bound.add(connection)
    except TypeError:
        pass  # The pool asks once more.


def identify(ask, backend):
    """
    Asks a session which database it is on; in two questions, because a role may not be allowed all of the second. Of a
    run that migrates it is marked then, for whoever has to know that it is still at work. Behind a pooler it is not: the
    server's session is not ours, and would keep the mark.

    :param backend: the process id of the backend, as the server said it to the driver; none if the driver does not tell
    """
    process = judge(ask(given["questions"][" ".join(map(text, ask(given["privileges"])))]))
    if given["mark"] and process == backend:
        ask(given["mark"])


async def identify_async(ask, backend):
    process = judge(await ask(given["questions"][" ".join(map(text, await ask(given["privileges"])))]))
    if given["mark"] and process == backend:
        await ask(given["mark"])


def unknown(what, error):
    refuse(unknown="%s: %s: %s" % (what, type(error).__name__, str(error).strip()))


# What a connection asks of its session. All else says where the server is, and how it is reached.
OF_SESSION = {"options", "application_name", "fallback_application_name", "client_encoding", "connect_timeout"}
# The same of libpq's variables: https://www.postgresql.org/docs/current/libpq-envars.html
OF_SESSION_VARIABLES = {"PGOPTIONS", "PGAPPNAME", "PGCLIENTENCODING", "PGDATESTYLE", "PGTZ", "PGGEQO"}


def led(found):
    """The keywords of libpq for a connection, with the given database in the place of the one that they name."""
    instead = given["instead"]
    if instead is None:
        return found
    server = instead["server"]
    if server is None:
        return {**{key: value for key, value in found.items() if key != "database"}, "dbname": instead["database"]}
    for name in os.environ:
        if name.startswith("PG") and name not in OF_SESSION_VARIABLES:
            # libpq does not see it any more (PGSERVICE, PGHOSTADDR, PGSSLMODE); os.environ still has it for env.py.
            os.unsetenv(name)
    kept = {key: value for key, value in found.items() if key in OF_SESSION}
    return {**kept, **server, "dbname": instead["database"], "sslmode": "disable"}


def bind_psycopg2(module):
    plain = module._connect
    read, write = module.extensions.parse_dsn, module.extensions.make_dsn

    def ask(connection, question):
        # Not the connection's own kind of cursor, which may return something else than tuples.
        cursor = module.extensions.cursor(connection)
        cursor.execute(question)
        row = cursor.fetchone()
        cursor.close()
        return row

    @functools.wraps(plain)
    def connect(dsn, *args, **options):
        if given["instead"] is not None:
            dsn = write(**led(read(dsn)))
        connection = plain(dsn, *args, **options)
        try:
            # So that it begins no transaction.
            usual, connection.autocommit = connection.autocommit, True
            identify(functools.partial(ask, connection), connection.get_backend_pid())
            connection.autocommit = usual
        except Exception as error:
            unknown("psycopg2", error)
        remember(connection)
        return connection

    module._connect = connect


def bind_psycopg(module):
    plain = module.Connection.connect.__func__
    plain_async = module.AsyncConnection.connect.__func__
    tuples = module.rows.tuple_row
    # What is Python's, and not libpq's.
    signed = [each for one in (plain, plain_async) for each in inspect.signature(one).parameters.values()]
    own = {each.name for each in signed if each.kind is each.KEYWORD_ONLY}

    def lead(conninfo, options):
        if given["instead"] is None:
            return [conninfo], options
        keywords = {name: value for name, value in options.items() if name not in own}
        others = {name: value for name, value in options.items() if name in own}
        return [], {**others, **led(module.conninfo.conninfo_to_dict(conninfo, **keywords))}

    def ask(connection, question):
        with module.Cursor(connection, row_factory=tuples) as cursor:
            return cursor.execute(question).fetchone()

    async def ask_async(connection, question):
        async with module.AsyncCursor(connection, row_factory=tuples) as cursor:
            await cursor.execute(question)
            return await cursor.fetchone()

    @functools.wraps(plain)
    def connect(cls, conninfo="", **options):
        words, options = lead(conninfo, options)
        connection = plain(cls, *words, **options)
        try:
            usual, connection.autocommit = connection.autocommit, True
            identify(functools.partial(ask, connection), connection.info.backend_pid)
            connection.autocommit = usual
        except Exception as error:
            unknown("psycopg", error)
        remember(connection)
        return connection

    @functools.wraps(plain_async)
    async def connect_async(cls, conninfo="", **options):
        words, options = lead(conninfo, options)
        connection = await plain_async(cls, *words, **options)
        try:
            usual = connection.autocommit
            await connection.set_autocommit(True)
            await identify_async(functools.partial(ask_async, connection), connection.info.backend_pid)
            await connection.set_autocommit(usual)
        except Exception as error:
            unknown("psycopg", error)
        remember(connection)
        return connection

    module.Connection.connect = classmethod(connect)
    module.AsyncConnection.connect = classmethod(connect_async)
    module.connect = module.Connection.connect


def bind_asyncpg(module):
    plain = module._connect

    def lead(options):
        """A keyword counts more than the DSN, which may have settings of the session as well, and than a variable."""
        instead = given["instead"]
        if instead is None:
            return options
        server = instead["server"]
        if server is None:
            return {**options, "database": instead["database"]}
        way = {"direct_tls": False, "target_session_attrs": None}
        found = {key: value for key, value in way.items() if key in options}
        return {**options, **found, **server, "database": instead["database"], "ssl": "disable"}

    @functools.wraps(plain)
    async def connect(*args, **options):
        connection = await plain(*args, **lead(options))

        async def ask(question):
            return tuple(await connection.fetchrow(question))

        try:
            # No transaction is left open: asyncpg begins none by itself.
            await identify_async(ask, connection.get_server_pid())
        except Exception as error:
            unknown("asyncpg", error)
        remember(connection)
        return connection

    module._connect = connect


def bind_pg8000(module):
    plain = module.CoreConnection.__init__
    known = inspect.signature(plain)

    def lead(words):
        instead = given["instead"]
        if instead is None:
            return
        words["database"] = instead["database"]
        if instead["server"] is not None:
            words.update(instead["server"])
            for way in ("unix_sock", "sock", "source_address"):
                words.pop(way, None)
            words["ssl_context"] = False

    @functools.wraps(plain)
    def connect(self, *args, **options):
        words = known.bind(self, *args, **options).arguments
        lead(words)
        plain(**words)
        try:
            # Below the layer that begins transactions.
            backend = int.from_bytes((getattr(self, "_backend_key_data", None) or b"")[:4], "big")
            identify(lambda question: self.execute_unnamed(question).rows[0], backend)
        except Exception as error:
            unknown("pg8000", error)
        remember(self)

    module.CoreConnection.__init__ = connect


DRIVERS = {
    "psycopg2": bind_psycopg2,
    "psycopg": bind_psycopg,
    "asyncpg.connect_utils": bind_asyncpg,
    "pg8000.core": bind_pg8000,
}


class Finder:
    """Binds a driver as soon as it is there, so that none is imported that the project does not use."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name not in DRIVERS:
            return None
        for finder in sys.meta_path:
            find = None if finder is cls else getattr(finder, "find_spec", None)
            spec = find and find(name, path, target)
            if spec is not None:
                break
        else:
            return None
        plain = spec.loader.exec_module

        def exec_module(module):
            plain(module)
            DRIVERS[name](module)

        spec.loader.exec_module = exec_module
        return spec


def bind_drivers():
    sys.meta_path.insert(0, Finder)
    for name, bind in DRIVERS.items():
        if name in sys.modules:
            bind(sys.modules[name])


def bind_pool():
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    # On the class: it comes before what an engine itself does with a new connection.
    @event.listens_for(Pool, "connect")
    def connected(connection, record):
        driver = getattr(record, "driver_connection", None) or connection
        try:
            if driver in bound:
                return
        except TypeError:
            pass

        def ask(question):
            cursor = connection.cursor()
            cursor.execute(question)
            row = cursor.fetchone()
            cursor.close()
            return row

        try:
            identify(ask, None)
            connection.rollback()
        except Exception as error:
            unknown(type(driver).__module__, error)
        remember(driver)


def lock_versions(context):
    """
    Waits for whoever else migrates, an application that does so at its start, and keeps it waiting until this transaction
    ends. Without a transaction there is nothing to hold it.
    """
    from sqlalchemy import text

    connection = context.connection
    table = connection.dialect.identifier_preparer.format_table(context._version).replace(":", "\\:")
    try:
        connection.execute(text("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE" % table))
    except Exception as error:
        original = getattr(error, "orig", error)
        states = [getattr(original, name, None) for name in ("sqlstate", "pgcode")]
        if NO_TRANSACTION not in states and NO_TRANSACTION not in repr(original):
            raise
        return False
    return True


def tell_plans():
    """Says to which revisions alembic is about to lead which version table, as it knows it from where it begins."""
    from alembic.runtime import migration

    class Planned(migration.HeadMaintainer):
        def _insert_version(self, version):
            self.heads.add(version)

        def _delete_version(self, version):
            self.heads.remove(version)

        def _update_version(self, from_, to_):
            self.heads.remove(from_)
            self.heads.add(to_)

    def followed(steps, context, heads):
        held = Planned(context, heads)
        course.update(done=[], context=context, begun=sorted(held.heads), reached=sorted(held.heads))
        for step in steps:
            course.update(running=step, autocommit=False)
            yield step
            # Alembic asks for the next one when this one is done.
            quiet, migration.log.disabled = migration.log.disabled, True
            try:
                held.update_to_step(step)
            finally:
                migration.log.disabled = quiet
            course["done"].append(revision_of(step))
            course.update(running=None, reached=sorted(held.heads))

    plain_block = migration.MigrationContext.autocommit_block

    @functools.wraps(plain_block)
    def autocommit_block(self):
        course["autocommit"] = True
        return plain_block(self)

    migration.MigrationContext.autocommit_block = autocommit_block

    plain = migration.MigrationContext.__init__
    plain_maintainer = migration.HeadMaintainer.__init__
    maintainers = weakref.WeakKeyDictionary()

    @functools.wraps(plain_maintainer)
    def init_maintainer(self, context, heads):
        plain_maintainer(self, context, heads)
        if type(self) is migration.HeadMaintainer:
            maintainers[context] = self

    migration.HeadMaintainer.__init__ = init_maintainer

    @functools.wraps(plain)
    def init(self, *args, **options):
        plain(self, *args, **options)
        steps_of = self._migrations_fn
        if steps_of is None or self.as_sql:
            return

        if given["look"]:
            # As `alembic current` has it: no version table is made.
            self.opts["dont_mutate"] = True

        def told(heads, context):
            steps = list(steps_of(heads, context))
            if steps and not given["look"] and lock_versions(context):
                # Somebody else may have migrated while we waited.
                now = context.get_current_heads()
                if set(now) != set(heads):
                    heads, steps = now, list(steps_of(now, context))
                    maintainers[context].heads = set(now)
            planned = Planned(context, heads)
            # It logs as if it did what it only counts.
            quiet, migration.log.disabled = migration.log.disabled, True
            try:
                for step in steps:
                    planned.update_to_step(step)
            finally:
                migration.log.disabled = quiet
            table = context._version
            pending = [about(step) for step in steps if revision_of(step) is not None]
            say(plan=sorted(planned.heads), table=table.name, schema=table.schema, steps=len(steps), pending=pending)
            if given["look"]:
                return []
            unseen = [one["id"] for one in pending if one["id"] not in given["shown"]] if given["shown"] is not None else []
            if unseen:
                refuse(unseen=unseen)
            weave = given.get("weave")
            return followed(weave(steps, context) if weave else steps, context, heads)

        self._migrations_fn = told

    migration.MigrationContext.__init__ = init


def tell_heads():
    """Says what the heads are, whatever else is printed: env.py, revision files and loggers may print as they like."""
    from alembic.script import ScriptDirectory

    plain = ScriptDirectory.get_heads

    @functools.wraps(plain)
    def get_heads(self):
        heads = list(plain(self))
        ends = getattr(self.revision_map, "_real_heads", None)
        say(heads=sorted(heads), ends=sorted(heads if ends is None else ends))
        return heads

    ScriptDirectory.get_heads = get_heads
    read_current = ScriptDirectory.get_all_current

    # `alembic current` does not ask for the heads. Who asks for the one wants the other.
    @functools.wraps(read_current)
    def get_all_current(self, rev):
        self.get_heads()
        return read_current(self, rev)

    ScriptDirectory.get_all_current = get_all_current


def about(step):
    """What a person is shown of a revision that is about to run."""
    script = step.revision
    path = getattr(script, "path", None)
    try:
        with open(path, "rb") as file:
            sha256 = hashlib.sha256(file.read()).hexdigest()
    except Exception:
        sha256 = None  # It is not there as a file.
    return {"id": script.revision, "message": getattr(script, "doc", None), "path": path, "sha256": sha256}


def revision_of(step):
    return getattr(getattr(step, "revision", None), "revision", None)


def tell_made():
    """
    Says which file a revision was written to. It belongs to whom its folder belongs: in a container root may run this, and
    the folder be that of a person's checkout.
    """
    from alembic.script import ScriptDirectory

    plain = ScriptDirectory.generate_revision

    @functools.wraps(plain)
    def generate_revision(self, *args, **options):
        made = []
        mkdir = os.mkdir

        def recorded(path, *more, **how):
            mkdir(path, *more, **how)
            made.append(os.path.abspath(path))

        os.mkdir = recorded
        try:
            script = plain(self, *args, **options)
        finally:
            os.mkdir = mkdir
        if script is not None:
            path = os.path.abspath(script.path)
            for each in made + [path]:
                folder = os.stat(os.path.dirname(each))
                try:
                    os.chown(each, folder.st_uid, folder.st_gid)
                except OSError:
                    pass  # Who may not give it away has made it as a person.
            say(made=path)
        return script

    ScriptDirectory.generate_revision = generate_revision

def causes(error):
    """An exception, and what it was raised for, the last one first."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        origin = getattr(error, "orig", None)
        if isinstance(origin, BaseException):
            yield from causes(origin)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


# What a message of the database is about.
ABOUT = ["schema_name", "table_name", "column_name", "constraint_name"]


def words_of(error):
    """What the database said, as each driver has it."""
    diag = getattr(error, "diag", None)
    if getattr(diag, "message_primary", None):  # psycopg2, psycopg
        names = ["message_primary", "message_detail", "message_hint", "context", "statement_position", "sqlstate"]
        found = [getattr(diag, name, None) for name in names + ABOUT]
    elif getattr(error, "sqlstate", None) and hasattr(error, "position"):  # asyncpg
        names = ["message", "detail", "hint", "context", "position", "sqlstate"]
        found = [getattr(error, name, None) for name in names + ABOUT]
        found[0] = found[0] or str(error)
    elif error.args and isinstance(error.args[0], dict) and "M" in error.args[0]:  # pg8000
        found = [error.args[0].get(key) for key in "MDHWPCstcn"]
    else:
        return None
    said = dict(zip(["message", "detail", "hint", "context"], found))
    # Within a statement of the server's own, a function's for instance, it has another name.
    said["position"] = int(found[4]) if found[4] else None
    said["state"] = found[5]
    said["about"] = dict(zip(["schema", "table", "column", "constraint"], found[6:]))
    return said


def statement_of(error):
    """As it was sent, so that a position in it is right; else with the places for parameters."""
    sent = getattr(getattr(error, "cursor", None), "query", None)
    if isinstance(sent, bytes):
        return sent.decode("utf-8", "replace")
    for name in ("query", "statement"):
        text = getattr(error, name, None)
        if isinstance(text, str):
            return text
    return None


def tell_failure(error):
    """Says why alembic stopped, and where in the revision's own file."""
    step = course["running"]
    frames, words, statement, lost = [], None, None, False
    for one in causes(error):
        # SQLAlchemy knows by which errors a driver says that its connection is gone.
        lost = lost or bool(getattr(one, "connection_invalidated", False))
        words = words or words_of(one)
        statement = statement or statement_of(one)
        if not any(frame["revision"] for frame in frames):
            frames = [
                {
                    "file": frame.f_code.co_filename,
                    "line": line,
                    "function": frame.f_code.co_name,
                    "revision": "down_revision" in frame.f_globals,
                }
                for frame, line in traceback.walk_tb(one.__traceback__)
            ] or frames
    place = next((frame for frame in reversed(frames) if frame["revision"]), None)
    if place is None and isinstance(error, SyntaxError) and error.filename:
        place = {"file": error.filename, "line": error.lineno, "function": None}
    say(
        failed=dict(
            course_of(),
            path=getattr(getattr(step, "revision", None), "path", None),
            place=place,
            error="".join(traceback.format_exception_only(type(error), error)).strip(),
            words=words,
            lost=lost,
            statement=statement and statement[:1000000],
        )
    )


def course_of():
    """How far the run is, and what of it would stay if it ended now."""
    step, context = course["running"], course.get("context")
    try:
        connection = context and context.connection
        autocommit = bool(connection and connection._is_autocommit_isolation())
    except Exception:
        autocommit = None
    return {
        "revision": revision_of(step),
        "begun": course.get("begun"),
        "reached": course.get("reached"),
        "done": course["done"],
        "transactional": context and bool(context.impl.transactional_ddl),
        "perMigration": context and bool(getattr(context, "_transaction_per_migration", False)),
        "autocommit": autocommit,
        "block": bool(course.get("autocommit")),
    }


def hide_own_frames():
    """A traceback reads as that of plain alembic, and is told: it is longer than a screen."""

    def trimmed(trace):
        if trace is None:
            return None
        rest = trimmed(trace.tb_next)
        file = trace.tb_frame.f_code.co_filename
        if file == "<stdin>" or re.search(r"\brunpy(\.py)?>?$", file):
            return rest
        return types.TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)

    def trim(error, seen):
        if error is None or id(error) in seen:
            return
        seen.add(id(error))
        error.__traceback__ = trimmed(error.__traceback__)
        trim(error.__cause__, seen)
        trim(error.__context__, seen)

    def hook(kind, error, trace):
        try:
            trim(error, set())
        except RecursionError:
            pass
        say(traceback="".join(traceback.format_exception(kind, error, error.__traceback__)))

    sys.excepthook = hook


def main(what):
    """
    :param what: the expected database (none: every connection is refused), the questions that tell which one it is, where
        to lead connections instead (a database, and its server unless it is env.py's), the statement that marks a session
        that migrates (none: it does not migrate), whether to look only what would run, the revisions that may run (none:
        all), the word in front of reports, and alembic's own script (none: the module)
    """
    given.update(what)
    script = given["script"]
    try:
        from alembic import config

        if given["trace"] is not None:
            trace(given["trace"]["also"])  # noqa: F821, of traced_alembic.py
        if given["walk"] is not None:
            walk(given["walk"])  # noqa: F821, of walked_alembic.py
        if given["watch"] is not None:
            watch(given["watch"])  # noqa: F821, of watched_alembic.py
        if given["rehearsed"] is not None:
            keep_to(given["rehearsed"])  # noqa: F821, of rehearsed_alembic.py
        bind_drivers()
        bind_pool()
        tell_plans()
        tell_heads()
        tell_made()
    except ImportError as error:
        refuse(unreachable=str(error))
    hide_own_frames()
    try:
        if script is None:
            if OWN_ENTRY is not None:
                sys.path.insert(0, os.getcwd())
            config.main(prog="alembic")
        else:
            if OWN_ENTRY is not None:
                sys.path.insert(0, os.path.dirname(os.path.realpath(script)))
            sys.argv[0] = script
            runpy.run_path(script, run_name="__main__")
    except Exception as error:
        tell_failure(error)
        raise
    except SystemExit as error:
        # An env.py may end by itself when a migration fails.
        if course["running"] is not None and error.__context__ is not None:
            tell_failure(error.__context__)
        raise
    finally:
        say(bound=count)
